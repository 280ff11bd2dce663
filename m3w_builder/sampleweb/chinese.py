"""Chinese for the sample web."""

from __future__ import annotations

from m3w_builder.sampleweb.scene import Scene
from m3w_builder.sampleweb.tongue import Tongue

# Noun and its measure word.
_SHAPES = {
    "ball": ("皮球", "个"), "box": ("盒子", "个"), "star": ("星星", "颗"), "heart": ("爱心", "颗"),
    "cross": ("十字", "个"),
    "ring": ("圆环", "个"), "moon": ("月牙", "个"), "flower": ("花", "朵"), "house": ("房子", "座"),
    "tree": ("树", "棵"),
    "fish": ("鱼", "条"), "boat": ("船", "只"),
}  # fmt: skip
_COLOURS = {
    "red": "红色", "orange": "橙色", "yellow": "黄色", "green": "绿色", "blue": "蓝色", "purple": "紫色",
    "pink": "粉色",
    "brown": "棕色", "white": "白色", "black": "黑色",
}  # fmt: skip
_PATTERNS = {"plain": "", "striped": "带条纹的", "spotted": "带斑点的"}
_NUMBERS = {1: "一", 2: "两", 3: "三", 4: "四"}
_GROUNDS = {
    "grass": "在绿草地上", "sand": "在沙滩上", "snow": "在白雪里", "sea": "在大海上", "night": "在夜空下",
    "sky": "在晴朗的天空中",
    "brick": "在砖墙前面", "wood": "在木板上", "paper": "在方格纸上", "fog": "在浓雾里", "sunset": "在夕阳下",
}  # fmt: skip
_SIDES = {"left": "左边", "right": "右边", "above": "上方", "below": "下方"}


def phrases(scene: Scene) -> dict[str, str]:
    """What the words may tell of a scene."""
    noun, measure = _SHAPES[scene.shape]
    second = ""
    if scene.side:
        name, unit = _SHAPES[scene.second_shape]
        second = f"一{unit}{_COLOURS[scene.second_colour]}的小{name}"
    main = f"{_NUMBERS[scene.count]}{measure}{_PATTERNS[scene.pattern]}{_COLOURS[scene.colour]}{noun}"
    return {"main": main, "second": second, "ground": _GROUNDS[scene.ground], "side": _SIDES.get(scene.side, "")}


RULES = {
    "title": (
        "{person}和{town}的{topic}", "{season}在{place}看到的东西", "{town}的{place}重新开放",
        "关于{topic}的几点笔记", "{person}谈{topic}",
    ),
    "intro": (
        "{weekday}{when}，{person}在{town}的{place}办了一个小小的展览，来了{many}个人，大家都想听他讲一讲{topic}。",
        "{town}的人没有想到，{person}说起{topic}的时候，{place}里会坐满{many}位客人。",
        "{person}研究{topic}已经很多年了，他总是{when}一个人在{place}里工作，从来不觉得累。",
        "每年{season}，{town}的居民都会到{place}来，带上家里的旧东西，坐在一起讨论{topic}。",
        "我们{when}到了{town}，因为{person}答应过要在{place}给我们看他收藏的东西。",
        "对{person}来说，一切都是从{place}开始的，那年{season}他第一次听别人说起{topic}。",
    ),
    "scene": (
        "画面上是{main}{ground}，{side}还有{second}。",
        "这里可以看到{main}{ground}，{second}放在{side}。",
        "{person}画了{main}{ground}，又在{side}加了{second}。",
        "这一张是{main}{ground}，{side}是{second}。",
        "最显眼的是{main}{ground}，{side}的{second}也很清楚。",
        "我们这次得到的是{main}{ground}，另外{side}有{second}。",
    ),
    "scene_alone": (
        "画面上是{main}{ground}，别的什么也没有。",
        "这里可以看到{main}{ground}，十分安静。",
        "{person}画了{main}{ground}，旁边留着空白。",
        "这一张是{main}{ground}。",
        "最显眼的是{main}{ground}，占了大半张纸。",
        "我们这次得到的是{main}{ground}。",
    ),
    "caption": ("{main}{ground}，{side}是{second}。", "{main}和{side}的{second}，{ground}。"),
    "caption_alone": ("{main}{ground}。", "{main}{ground}，{person}摄。"),
    "remark": (
        "{person}把它在{place}里放了{many}天。",
        "有一位从{town}来的客人问能不能把它买走。",
        "{weekday}它被搬到了{place}，是{person}亲手搬的。",
        "{person}说，没有它就很难讲清楚{topic}。",
        "孩子们{when}站在它前面，怎么也不肯离开。",
        "纸是从{town}买来的，框子是{person}自己做的。",
        "明年{season}它会在{town}的{place}里展出。",
        "有人拿它和{person}{when}画的那一张作比较。",
        "下雨以后，{person}在{place}里把一个角重新粘好了。",
        "背面写着日期，可是现在谁也看不清了。",
        "走近一点，还能看见铅笔留下的线。",
        "我们从前经过很多次，却从来没有仔细看过。",
        "这是他卖出去的第一件作品，到现在还记得。",
        "修地板的时候，人们在门后面发现了它。",
        "它不是最好的一张，却是{person}最喜欢的一张。",
        "{town}的学校把它印在了生日卡片上。",
        "颜色比以前淡了一些，形状还是很清楚。",
        "等新的灯装好以后，{when}又可以看到它了。",
        "没有人知道为什么当初要做得这么小。",
    ),
    "closing": (
        "{town}的{place}一直开到{weekday}，{person}{when}会在那里回答大家关于{topic}的问题。",
        "明年{season}，{person}打算在{town}再办一次展览，只要{place}的屋顶能够修好。",
        "如果您想多了解一些{topic}，可以{when}到{place}去找{person}。",
        "我们{when}离开了{town}，手里拿着{person}送的画册，心里还想着{topic}。",
        "感谢{person}，感谢{town}的{place}，也感谢{many}位写信来谈{topic}的读者。",
    ),
    "heading": ("{person}的{topic}", "{town}的{weekday}", "在{place}里"),
    "person": (
        "王小明", "李建国", "张海", "刘文", "陈志远", "杨林", "赵一平", "黄河清", "周大为", "吴青山", "徐亮",
        "孙家和", "胡若水", "朱天成",
    ),
    "town": (
        "柳河镇", "白石村", "青山县", "东湖镇", "石桥村", "南浦", "北岭", "云溪", "长坪", "花溪镇", "竹园村", "水口",
    ),
    "place": (
        "老磨坊", "港口博物馆", "学校图书馆", "阅览室", "船坞", "花园小屋", "乡村剧院", "造纸厂", "灯塔", "玻璃作坊",
    ),
    "topic": (
        "装订书籍", "木雕", "色彩理论", "绘制地图", "做玩具", "画招牌", "扎风筝", "木偶戏", "烧瓷砖", "天气日记",
        "设计海报", "木版印刷",
    ),
    "weekday": ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期天"),
    "season": ("春天", "夏天", "秋天", "冬天"),
    "when": ("一大早", "深夜", "午饭以后", "早饭以前", "下雨的时候", "中午", "快关门的时候", "傍晚"),
    "many": ("九", "十二", "二十", "三十", "四十", "六十", "两百"),
}  # fmt: skip

LABELS = {
    "home": "首页", "about": "关于我们", "private": "会员专区",
    "cookies": "本网站使用 Cookie 来改善您的体验。继续浏览即表示您同意我们的政策。", "accept": "全部接受",
    "related": "相关文章", "advertisement": "广告", "share": "分享本页", "footer": "版权所有。使用条款。",
    "next": "下一页", "by": "作者",
    "subscribe": "订阅我们的邮件", "latest": "最新文章", "updated": "本页已于星期一更新。",
}  # fmt: skip

TONGUE = Tongue("zh", RULES, phrases, LABELS, joint="")
