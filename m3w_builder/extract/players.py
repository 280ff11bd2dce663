"""The common players of videos and sounds: a table of whose they are and where in their address the id stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from m3w_builder.urls import host, site_path

LONGEST = 2000
"""Characters of a player's address that are looked at: patterns may take the square of it."""


@dataclass(frozen=True, slots=True)
class Player:
    """One form of a player's address: `path` is matched at the beginning of path and query, percent-escapes undone."""

    provider: str
    path: str
    """A pattern, in any case of letters; most are never asked for, so none is compiled before it is."""
    sound: bool = False


def _table(rows: str, sound: bool) -> list[tuple[str, Player]]:
    """A row a line: the host's ending, the provider, the pattern, whose first filled group is the id."""
    found = []
    for row in rows.strip().splitlines():
        ending, provider, pattern = row.split(None, 2)
        found.append((ending, Player(provider, pattern, sound)))
    return found


_VIDEOS = r"""
youtube.com           youtube      /(?:embed|v|e|shorts|live)/(?:videoseries|live_stream)\?.*?(?:list|channel)=([\w-]+)
youtube.com           youtube      /(?:embed|v|e|shorts|live)/([\w-]{6,20})
youtube.com           youtube      /embed/?\?.*?(?:list|listType=\w+&list)=([\w-]+)
youtube.com           youtube      /watch\?(?:.*?&)?v=([\w-]{6,20})
youtube-nocookie.com  youtube      /(?:embed|v|e)/videoseries\?.*?list=([\w-]+)
youtube-nocookie.com  youtube      /(?:embed|v|e)/([\w-]{6,20})
youtu.be              youtube      /([\w-]{6,20})
player.vimeo.com      vimeo        /(?:video|external)/(\d+)
vimeo.com             vimeo        /moogaloop\.swf\?.*?clip_id=(\d+)
vimeo.com             vimeo        /event/(\d+)/embed
geo.dailymotion.com   dailymotion  /player.*?[?&]video=(\w+)
dailymotion.com       dailymotion  /(?:embed|swf)/(?:video/)?(\w+)
player.bilibili.com   bilibili     /.*?(?:bvid|aid)=(\w+)
player.youku.com      youku        /(?:embed/|player\.php/(?:\w+/\w+/)*?sid/)([\w=]+)
v.qq.com              qq           /(?:txp/)?iframe/player\.html\?.*?vid=(\w+)
video.qq.com          qq           /.*?vid=(\w+)
imgcache.qq.com       qq           /tencentvideo.*?vid=(\w+)
open.iqiyi.com        iqiyi        /developer/player.*?vid=(\w+)
player.video.qiyi.com iqiyi        /(\w{20,})
tv.sohu.com           sohu         /.*?(?:bid|vid|id)=(\d+)
acfun.cn              acfun        /player/(ac\d+)
ixigua.com            ixigua       /iframe/(\d+)
music.163.com         netease      /outchain/player\?type=5.*?id=(\d+)
embed.nicovideo.jp    niconico     /watch/(\w+)
ext.nicovideo.jp      niconico     /thumb_watch/(\w+)
tv.naver.com          naver        /embed/(\d+)
serviceapi.nmv.naver.com naver     /.*?vid=(\w+)
tv.kakao.com          kakao        /embed/player/cliplink/(\d+)
rutube.ru             rutube       /(?:play/embed|video/embed|pl/\w+)/(\w+)
vk.com                vk           /video_ext\.php\?(?:.*?&)?id=(\d+)
vkvideo.ru            vk           /video_ext\.php\?(?:.*?&)?id=(\d+)
ok.ru                 ok           /videoembed/(\d+)
my.mail.ru            mailru       /video/embed/(-?\d+)
video.sibnet.ru       sibnet       /shell\.php\?.*?videoid=(\d+)
coub.com              coub         /embed/(\w+)
facebook.com          facebook     /plugins/video\.php\?.*?/videos/(?:[^/&?]+/){0,3}?(\d+)
facebook.com          facebook     /(?:video/embed|plugins/video\.php)\?.*?(?:video_id|[?&]v)=(\d+)
instagram.com         instagram    /(?:reel|tv)/([\w-]+)/embed
tiktok.com            tiktok       /(?:embed(?:/v\d)?|player/v1)/(\d+)
ted.com               ted          /talks/([\w/]+)
player.twitch.tv      twitch       /\?(?:.*?&)?(?:video|channel|clip)=(\w+)
clips.twitch.tv       twitch       /embed\?(?:.*?&)?clip=([\w-]+)
wistia.net            wistia       /(?:embed/iframe|medias|embed/medias)/(\w+)
wistia.com            wistia       /(?:embed/iframe|medias|embed/medias)/(\w+)
players.brightcove.net brightcove  /.*?videoId=([\w:-]+)
c.brightcove.com      brightcove   /.*?(?:videoId|%40videoPlayer|@videoPlayer)=([\w:-]+)
jwplatform.com        jwplayer     /players/(\w{6,12})
cdn.jwplayer.com      jwplayer     /(?:players|previews|videos)/(\w{6,12})
kaltura.com           kaltura      /.*?entry_id[/=](\w+)
play.vidyard.com      vidyard      /(\w{10,})
streamable.com        streamable   /(?:[eos]/)?(\w+)
loom.com              loom         /embed/(\w+)
archive.org           archive      /embed/([\w.-]+)
rumble.com            rumble       /embed/(?:[\w-]+\.)?(\w+)
odysee.com            odysee       /(?:\$/)?embed/([\w@:./-]+)
videopress.com        videopress   /(?:embed|v)/(\w+)
video.wordpress.com   videopress   /embed/(\w+)
iframe.videodelivery.net cloudflare /(\w{20,})
cloudflarestream.com  cloudflare   /(\w{20,})/iframe
mediadelivery.net     bunny        /embed/(\d+/[\w-]+)
vine.co               vine         /v/(\w+)/embed
giphy.com             giphy        /embed/(\w+)
gfycat.com            gfycat       /ifr/(\w+)
redditmedia.com       reddit       /mediaembed/(\w+)
metacafe.com          metacafe     /(?:fplayer|embed)/(\d+)
liveleak.com          liveleak     /ll_embed\?.*?[if]=(\w+)
imdb.com              imdb         /(?:video/\w+/|videoembed/)(vi\d+)
drive.google.com      google       /file/d/([\w-]+)/preview
media.ccc.de          ccc          /v/([\w.-]+)/oembed
arte.tv               arte         /.*?videos?/(\d{6}-\d{3}-\w)
bbc.co.uk             bbc          /(?:news/)?(?:av/)?embed/.*?(p\w{7}|\d{8})
cnn.com               cnn          /.*?[?&/]video[s]?[=/]([\w/.-]+)
player.ooyala.com     ooyala       /.*?(?:embedCode|ec)=([\w-]+)
"""

_SOUNDS = r"""
soundcloud.com        soundcloud   /player/?\?.*?(?:tracks|playlists|users)/(?:soundcloud:\w+:)?(\d+)
soundcloud.com        soundcloud   /player/?\?.*?url=https?://(?:www\.)?soundcloud\.com/([\w/-]+)
open.spotify.com      spotify      /embed(?:-podcast)?/(\w+/\w+)
embed.spotify.com     spotify      /\?uri=spotify:(?:user:\w+:)?([\w:]+)
podcasters.spotify.com spotify     /pod/show/([\w-]+/embed/episodes/[\w-]+)
anchor.fm             anchor       /([\w-]+/embed(?:/episodes/[\w-]+)?)
bandcamp.com          bandcamp     /EmbeddedPlayer/(?:v=\d/)?((?:track|album)=\d+)
bandcamp.com          bandcamp     /EmbeddedPlayer/([\w=/]+)
mixcloud.com          mixcloud     /widget/iframe/\?(?:.*?&)?feed=([^&]+)
embed.podcasts.apple.com apple     /([\w/?=&%.-]+)
embed.music.apple.com apple        /([\w/?=&%.-]+)
player.simplecast.com simplecast   /([\w-]+)
megaphone.fm          megaphone    /(?:\?e=)?(\w+)
podbean.com           podbean      /(?:media/)?(?:player|share).*?[?&/](?:i=)?([\w-]{8,})
embed.acast.com       acast        /([\w$-]+(?:/[\w-]+)?)
player.captivate.fm   captivate    /(?:episode|show)/([\w-]+)
libsyn.com            libsyn       /embed/(?:episode/id|episode)/(\d+)
buzzsprout.com        buzzsprout   /(\d+(?:/\d+)?)
share.transistor.fm   transistor   /e/([\w-]+)
audioboom.com         audioboom    /(?:publishing/)?(?:posts|boos)/(?:.*?/)?(\d+)
omny.fm               omny         /shows/([\w-]+/[\w-]+)/embed
widget.deezer.com     deezer       /widget/\w+/(\w+/\d+)
deezer.com            deezer       /plugins/player.*?[?&]id=(\d+)
music.163.com         netease      /outchain/player\?.*?id=(\d+)
widget.spreaker.com   spreaker     /player\?.*?(?:episode_id|show_id)=(\d+)
ivoox.com             ivoox        /player_\w+_(\d+)
audiomack.com         audiomack    /embed/([\w/-]+)
embed.tidal.com       tidal        /(\w+/[\w-]+)
iheart.com            iheart       /podcast/([\w/-]+)
npr.org               npr          /player/embed/(\d+/\d+)
"""

_ANYWHERE = Player("peertube", r"/videos/embed/([\w-]{20,40})")
"""A player that stands on hosts of all names."""


@lru_cache(1)
def _by_host() -> dict[str, list[Player]]:
    """The players by their host's ending, in the order of the table."""
    found: dict[str, list[Player]] = {}
    for ending, player in [*_table(_VIDEOS, sound=False), *_table(_SOUNDS, sound=True)]:
        found.setdefault(ending, []).append(player)
    return found


@lru_cache(256)
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(path, re.IGNORECASE)


def find(address: str) -> tuple[Player, str] | None:
    """The player of an absolute address, and the id of what it plays; None where it is none that is known."""
    labels, by_host = host(address).split("."), _by_host()
    known: list[Player] = []
    for start in range(max(0, len(labels) - 5), len(labels) - 1):
        known += by_host.get(".".join(labels[start:]), ())
    if not known and "/videos/" not in address and "%" not in address:  # nor is it one that stands anywhere
        return None
    place = unquote(site_path(address[:LONGEST]))
    for player in (*known, _ANYWHERE):
        found = _pattern(player.path).match(place)
        if found:
            return player, next(group for group in found.groups() if group)
    return None
