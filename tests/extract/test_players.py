"""Players of videos and sounds by the addresses that pages give them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from m3w_builder.document import Audio, Video
from m3w_builder.extract import embeds, players

BASE = "https://example.org/page.html"


@pytest.mark.parametrize(
    ("address", "provider", "identity"),
    [
        ("https://www.youtube.com/embed/dQw4w9WgXcQ?rel=0&start=3", "youtube", "dQw4w9WgXcQ"),
        ("//www.youtube-nocookie.com/embed/dQw4w9WgXcQ", "youtube", "dQw4w9WgXcQ"),
        ("https://www.youtube.com/embed/videoseries?list=PL123abc_-", "youtube", "PL123abc_-"),
        ("http://www.youtube.com/v/dQw4w9WgXcQ&hl=en", "youtube", "dQw4w9WgXcQ"),
        ("https://youtu.be/dQw4w9WgXcQ", "youtube", "dQw4w9WgXcQ"),
        ("https://player.vimeo.com/video/76979871?h=8272103f6e", "vimeo", "76979871"),
        ("https://vimeo.com/moogaloop.swf?a=b&clip_id=123", "vimeo", "123"),
        ("https://www.dailymotion.com/embed/video/x84sh87", "dailymotion", "x84sh87"),
        ("https://geo.dailymotion.com/player/xabc.html?video=x84sh87", "dailymotion", "x84sh87"),
        ("//player.bilibili.com/player.html?aid=1&bvid=BV1xx411c7mD", "bilibili", "1"),
        ("https://v.qq.com/txp/iframe/player.html?vid=a0025kl9yfm", "qq", "a0025kl9yfm"),
        ("https://player.youku.com/embed/XNDY0==", "youku", "XNDY0=="),
        ("https://rutube.ru/play/embed/10456789", "rutube", "10456789"),
        ("https://vk.com/video_ext.php?oid=-22&id=456239018&hash=1", "vk", "456239018"),
        (
            "https://www.facebook.com/plugins/video.php?href=https%3A%2F%2Fwww.facebook.com%2Fx%2Fvideos%2F10153231379946729%2F",
            "facebook",
            "10153231379946729",
        ),
        ("https://www.tiktok.com/embed/v2/6718335390845095173", "tiktok", "6718335390845095173"),
        ("https://embed.ted.com/talks/hans_rosling_shows", "ted", "hans_rosling_shows"),
        ("https://players.brightcove.net/123/abc_default/index.html?videoId=456", "brightcove", "456"),
        ("https://fast.wistia.net/embed/iframe/avk9twrrbn", "wistia", "avk9twrrbn"),
        ("https://content.jwplatform.com/players/abcd1234-xyz.html", "jwplayer", "abcd1234"),
        ("https://video.any.example/videos/embed/9c9de5e8-0a1e-484a-b099-e80766180a6d", "peertube",
         "9c9de5e8-0a1e-484a-b099-e80766180a6d"),
    ],
)  # fmt: skip
def test_a_video_player_is_known_by_provider_and_id(address: str, provider: str, identity: str) -> None:
    found = embeds.player(address, "", BASE)
    assert isinstance(found, Video)
    assert (found.provider, found.id) == (provider, identity)


@pytest.mark.parametrize(
    ("address", "provider", "identity"),
    [
        (
            "https://w.soundcloud.com/player/?url=https%3A//api.soundcloud.com/tracks/293&color=%23ff5500",
            "soundcloud",
            "293",
        ),
        ("https://open.spotify.com/embed/track/11dFghVXANMlKmJXsNCbNl", "spotify", "track/11dFghVXANMlKmJXsNCbNl"),
        ("https://bandcamp.com/EmbeddedPlayer/album=1234/size=large/", "bandcamp", "album=1234"),
        ("https://www.mixcloud.com/widget/iframe/?hide_cover=1&feed=%2Fa%2Fb%2F", "mixcloud", "/a/b/"),
        ("https://embed.acast.com/show/an-episode", "acast", "show/an-episode"),
        ("https://html5-player.libsyn.com/embed/episode/id/12345/height/90", "libsyn", "12345"),
        ("//music.163.com/outchain/player?type=2&id=28377211&auto=0", "netease", "28377211"),
    ],
)
def test_a_player_of_sounds_is_known_by_provider_and_id(address: str, provider: str, identity: str) -> None:
    found = embeds.player(address, "", BASE)
    assert isinstance(found, Audio)
    assert (found.provider, found.id) == (provider, identity)


@pytest.mark.parametrize(
    "address",
    [
        "", "about:blank", "javascript:0", "https://www.google.com/maps/embed?pb=1", "https://evil.example/youtube.com/embed/abcdefghijk",
        "https://notyoutube.com/embed/abcdefghijk", "https://platform.twitter.com/widgets/x.html", "/embed/abcdefghijk",
    ],
)  # fmt: skip
def test_other_frames_are_no_players(address: str) -> None:
    assert embeds.player(address, "", BASE) is None


@given(st.text(max_size=60))
def test_no_address_raises(address: str) -> None:
    embeds.player(f"https://www.facebook.com/plugins/video.php?{address}", "", BASE)
    players.find(address)
