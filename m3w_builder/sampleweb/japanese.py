"""Japanese for the sample web."""

from __future__ import annotations

from m3w_builder.sampleweb.scene import Scene
from m3w_builder.sampleweb.tongue import Tongue

_SHAPES = {
    "ball": "ボール", "box": "箱", "star": "星", "heart": "ハート", "cross": "十字", "ring": "輪", "moon": "三日月",
    "flower": "花",
    "house": "家", "tree": "木", "fish": "魚", "boat": "舟",
}  # fmt: skip
_COLOURS = {
    "red": "赤い", "orange": "オレンジ色の", "yellow": "黄色い", "green": "緑の", "blue": "青い", "purple": "紫の",
    "pink": "ピンクの",
    "brown": "茶色の", "white": "白い", "black": "黒い",
}  # fmt: skip
_PATTERNS = {"plain": "", "striped": "縞模様の", "spotted": "水玉模様の"}
_NUMBERS = {1: "一つの", 2: "二つの", 3: "三つの", 4: "四つの"}
_GROUNDS = {
    "grass": "緑の草の上", "sand": "砂浜", "snow": "白い雪の中", "sea": "広い海の上", "night": "夜空の下",
    "sky": "晴れた空",
    "brick": "れんがの壁の前", "wood": "木の板の上", "paper": "方眼紙の上", "fog": "深い霧の中", "sunset": "夕焼けの中",
}  # fmt: skip
_SIDES = {"left": "左", "right": "右", "above": "上", "below": "下"}


def phrases(scene: Scene) -> dict[str, str]:
    """What the words may tell of a scene."""
    return {
        "main": f"{_NUMBERS[scene.count]}{_PATTERNS[scene.pattern]}{_COLOURS[scene.colour]}{_SHAPES[scene.shape]}",
        "second": f"小さな{_COLOURS[scene.second_colour]}{_SHAPES[scene.second_shape]}" if scene.side else "",
        "ground": _GROUNDS[scene.ground],
        "side": _SIDES.get(scene.side, ""),
    }


RULES = {
    "title": (
        "{person}さんと{town}の{topic}", "{season}の{place}で見たもの", "{town}の{place}がまた開きました",
        "{topic}についての覚え書き",
    ),
    "intro": (
        "{weekday}の{when}、{person}さんが{town}の{place}で小さな展覧会を開き、{many}人が{topic}の話を聞きに来ました。",
        "{person}さんが{topic}について話しはじめると、"
        "{town}の{place}がこんなにいっぱいになるとは、だれも思っていませんでした。",
        "{person}さんはもう何年も{topic}に取り組んでいて、たいてい{when}に一人で{place}にこもって仕事をしています。",
        "毎年{season}になると、{town}の人たちは古い道具を持って{place}に集まり、{topic}について語り合います。",
        "私たちが{when}に{town}へ行ったのは、{person}さんが{place}で珍しいものを見せると約束してくれたからです。",
        "{person}さんにとって、すべては{season}の{place}で{topic}の話を聞いたときに始まりました。",
    ),
    "scene": (
        "この絵には{ground}に{main}があり、{side}には{second}が見えます。",
        "ここでは{main}が{ground}に置かれ、{second}が{side}にあります。",
        "{person}さんは{ground}に{main}を描き、{side}に{second}を加えました。",
        "今回の一枚は{ground}の{main}で、{side}に{second}がいます。",
        "目立つのは{ground}の{main}ですが、{side}の{second}もよく見えます。",
        "見てください、{main}が{ground}に、{second}は{side}にあります。",
        "紙の上には{ground}の{main}、そして{side}には{second}が描かれています。",
    ),
    "scene_alone": (
        "この絵には{ground}に{main}があるだけです。",
        "ここでは{main}が{ground}に置かれています。",
        "{person}さんは{ground}に{main}を描き、まわりは空けておきました。",
        "今回の一枚は{ground}の{main}です。",
        "目立つのは{ground}の{main}で、ほかには何もありません。",
        "見てください、{main}が{ground}にあります。",
        "紙の上に描かれているのは{ground}の{main}です。",
    ),
    "caption": ("{ground}の{main}、{side}に{second}。", "{main}と{side}の{second}、{ground}で撮影。"),
    "caption_alone": ("{ground}の{main}。", "{main}、{ground}で撮影。"),
    "remark": (
        "{person}さんはこれを{place}に{many}日も飾っておきました。",
        "{town}から来たお客さんが、売ってもらえないかとたずねました。",
        "{weekday}に{person}さんが自分で{place}まで運びました。",
        "これがないと{topic}は教えられない、と{person}さんは言います。",
        "子どもたちは{when}にその前に立って、なかなか帰ろうとしませんでした。",
        "紙は{town}で買ったもので、額は{person}さんの手作りです。",
        "来年の{season}には{town}の{place}で見られるそうです。",
        "{person}さんが{when}に描いたものと比べる人もいました。",
        "雨のあと、{person}さんは{place}で角をはり直しました。",
        "裏には日付が書いてありますが、もうだれにも読めません。",
        "近くに寄ると、鉛筆の線がまだ残っているのがわかります。",
        "何度も前を通ったのに、私たちは一度もよく見たことがありませんでした。",
        "はじめて売れた作品だったので、今でも忘れられないそうです。",
        "床を直したとき、戸のうしろから出てきたものです。",
        "いちばん上手な一枚ではありませんが、いちばん好きな一枚だと聞きました。",
        "{town}の学校では誕生日のカードに使われています。",
        "色は前より少し薄くなりましたが、形ははっきりしています。",
        "新しい明かりがついたら、また{when}に見られるでしょう。",
        "どうしてこんなに小さく作ったのか、だれも知りません。",
    ),
    "closing": (
        "{town}の{place}は{weekday}まで開いていて、{person}さんが{when}に{topic}についての質問に答えてくれます。",
        "来年の{season}、{place}の屋根が直ったら、{person}さんは{town}でもう一度展覧会を開くつもりです。",
        "{topic}についてもっと知りたい方は、{when}に{place}で{person}さんを探してください。",
        "私たちは{when}に{town}をあとにしましたが、頭の中はまだ{topic}のことでいっぱいでした。",
        "{person}さん、{town}の{place}のみなさん、そして{topic}について手紙をくださった{many}人の読者に感謝します。",
    ),
    "heading": ("{person}さんの{topic}", "{town}の{weekday}", "{place}にて"),
    "person": (
        "佐藤健", "鈴木一郎", "高橋誠", "田中実", "伊藤浩", "渡辺進", "山本学", "中村明", "小林勇", "加藤茂",
        "吉田豊", "山田昇",
    ),
    "town": (
        "柳川町", "白石村", "青山町", "東湖町", "石橋村", "南浦町", "北峰村", "雲谷町", "花里村", "竹原町", "水口町",
    ),
    "place": (
        "古い水車小屋", "港の博物館", "学校の図書室", "読書室", "造船所", "庭の小屋", "村の劇場", "紙工場", "灯台",
        "ガラス工房",
    ),
    "topic": (
        "製本", "木彫り", "色の理論", "地図作り", "おもちゃ作り", "看板描き", "凧作り", "人形劇", "タイル作り",
        "天気の日記", "ポスター作り", "木版画",
    ),
    "weekday": ("月曜日", "火曜日", "水曜日", "木曜日", "金曜日", "土曜日", "日曜日"),
    "season": ("春", "夏", "秋", "冬"),
    "when": ("朝早く", "夜遅く", "昼ごはんのあと", "朝ごはんの前", "雨の間", "昼ごろ", "閉館の前", "夕方"),
    "many": ("九", "十二", "二十", "三十", "四十", "六十", "二百"),
}  # fmt: skip

LABELS = {
    "home": "ホーム", "about": "このサイトについて", "private": "会員専用",
    "cookies": "このサイトはクッキーを使用しています。閲覧を続けると同意したものとみなされます。",
    "accept": "すべて許可",
    "related": "関連記事", "advertisement": "広告", "share": "このページを共有",
    "footer": "無断転載を禁じます。利用規約。", "next": "次のページ",
    "by": "文", "subscribe": "メールマガジンに登録", "latest": "新着ページ",
    "updated": "このページは月曜日に更新されました。",
}  # fmt: skip

TONGUE = Tongue("ja", RULES, phrases, LABELS, joint="")
