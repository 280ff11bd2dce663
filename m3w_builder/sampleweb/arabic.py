"""Arabic for the sample web."""

from __future__ import annotations

from m3w_builder.sampleweb.scene import Scene
from m3w_builder.sampleweb.tongue import Tongue

# Singular, dual, plural, gender (0 masculine, 1 feminine).
_SHAPES = {
    "ball": ("كرة", "كرتان", "كرات", 1), "box": ("صندوق", "صندوقان", "صناديق", 0),
    "star": ("نجمة", "نجمتان", "نجمات", 1),
    "heart": ("قلب", "قلبان", "قلوب", 0), "cross": ("صليب", "صليبان", "صلبان", 0),
    "ring": ("حلقة", "حلقتان", "حلقات", 1),
    "moon": ("هلال", "هلالان", "أهلة", 0), "flower": ("زهرة", "زهرتان", "زهرات", 1),
    "house": ("بيت", "بيتان", "بيوت", 0),
    "tree": ("شجرة", "شجرتان", "شجرات", 1), "fish": ("سمكة", "سمكتان", "سمكات", 1),
    "boat": ("قارب", "قاربان", "قوارب", 0),
}  # fmt: skip
# Masculine, feminine, dual masculine, dual feminine; plurals of things take the feminine.
_ADJECTIVES = {
    "red": ("أحمر", "حمراء", "أحمران", "حمراوان"), "orange": ("برتقالي", "برتقالية", "برتقاليان", "برتقاليتان"),
    "yellow": ("أصفر", "صفراء", "أصفران", "صفراوان"), "green": ("أخضر", "خضراء", "أخضران", "خضراوان"),
    "blue": ("أزرق", "زرقاء", "أزرقان", "زرقاوان"), "purple": ("بنفسجي", "بنفسجية", "بنفسجيان", "بنفسجيتان"),
    "pink": ("وردي", "وردية", "ورديان", "ورديتان"), "brown": ("بني", "بنية", "بنيان", "بنيتان"),
    "white": ("أبيض", "بيضاء", "أبيضان", "بيضاوان"), "black": ("أسود", "سوداء", "أسودان", "سوداوان"),
    "striped": ("مخطط", "مخططة", "مخططان", "مخططتان"), "spotted": ("منقط", "منقطة", "منقطان", "منقطتان"),
}  # fmt: skip
_NUMBERS = {3: ("ثلاثة", "ثلاث"), 4: ("أربعة", "أربع")}
_GROUNDS = {
    "grass": "على العشب الأخضر", "sand": "على الرمل الفاتح", "snow": "في الثلج الأبيض", "sea": "في البحر الواسع",
    "night": "تحت سماء الليل", "sky": "في السماء الصافية", "brick": "أمام جدار من الطوب", "wood": "على لوح من الخشب",
    "paper": "على ورق مربعات", "fog": "في الضباب الكثيف", "sunset": "عند غروب الشمس",
}  # fmt: skip
_SIDES = {"left": "إلى اليسار", "right": "إلى اليمين", "above": "في الأعلى", "below": "في الأسفل"}


def phrases(scene: Scene) -> dict[str, str]:
    """What the words may tell of a scene."""
    one, two, many, gender = _SHAPES[scene.shape]
    form = {1: gender, 2: 2 + gender}.get(scene.count, 1)
    kinds = [] if scene.pattern == "plain" else [_ADJECTIVES[scene.pattern][form]]
    noun = {1: one, 2: two}.get(scene.count) or f"{_NUMBERS[scene.count][gender]} {many}"
    second = ""
    if scene.side:
        name, _, _, other = _SHAPES[scene.second_shape]
        second = f"{name} {_ADJECTIVES[scene.second_colour][other]} {('صغير', 'صغيرة')[other]}"
    main = " ".join([noun, _ADJECTIVES[scene.colour][form], *kinds])
    return {"main": main, "second": second, "ground": _GROUNDS[scene.ground], "side": _SIDES.get(scene.side, "")}


RULES = {
    "title": (
        "{person} يتحدث عن {topic}", "ما رأيناه في {place} هذا {season}", "ملاحظات عن {topic} من {town}",
        "{place} في {town} يفتح أبوابه",
    ),
    "intro": (
        "يوم {weekday} افتتح {person} معرضا صغيرا في {place} في بلدة "
        "{town}، وجاء {many} شخصا {when} ليسمعوا حديثه عن {topic}.",
        "لم يتوقع أحد في بلدة {town} أن يمتلئ {place} بالناس عندما بدأ {person} يتكلم {when} عن {topic}.",
        "يعمل {person} منذ سنوات طويلة في {place} ويفكر كل يوم في {topic}، وهو يحب أن يعمل {when} وحده.",
        "في كل {any_season} يجتمع أهل {town} في {place} ويحضرون أشياء قديمة من بيوتهم ثم يتناقشون حول {topic}.",
        "وصلنا إلى بلدة {town} {when} لأن {person} وعدنا بأن يعرض علينا في {place} بعض ما جمعه.",
        "بالنسبة إلى {person} بدأ كل شيء {when} في {place}، حين سمع لأول مرة من يتحدث عن {topic}.",
    ),
    "scene": (
        "في هذه الصورة {main} {ground}، و{side} {second}.",
        "هنا يظهر لنا {main} {ground} مع {second} {side}.",
        "رسم {person} هذه اللوحة وفيها {main} {ground} و{second} {side}.",
        "أوضح ما نراه هو {main} {ground}، ثم {second} {side}.",
        "على هذه الورقة {main} {ground}، وبجانبها {side} {second}.",
    ),
    "scene_alone": (
        "في هذه الصورة {main} {ground} ولا شيء غير ذلك.",
        "هنا يظهر لنا {main} {ground}.",
        "رسم {person} هذه اللوحة وفيها {main} {ground}.",
        "أوضح ما نراه هو {main} {ground}، والباقي فارغ.",
        "على هذه الورقة {main} {ground}.",
    ),
    "caption": ("{main} {ground}، و{second} {side}.", "{main} مع {second} {side}، {ground}."),
    "caption_alone": ("{main} {ground}.", "{main} {ground}، تصوير {person}."),
    "remark": (
        "احتفظ بها {person} في {place} مدة {many} يوما.",
        "سأل زائر من بلدة {town} إن كان يستطيع شراءها.",
        "يوم {weekday} نقلها {person} بنفسه إلى {place}.",
        "يقول {person} إنه لا يمكن شرح {topic} من دونها.",
        "وقف الأطفال أمامها {when} ولم يرغبوا في الرحيل.",
        "جاء الورق من بلدة {town} أما الإطار فقد صنعه {person}.",
        "سوف تعرض في {season} القادم في {place} في بلدة {town}.",
        "قارنها أحدهم بما رسمه {person} {when}.",
        "بعد المطر أصلح {person} إحدى زواياها في {place}.",
    ),
    "closing": (
        "يبقى {place} في بلدة {town} مفتوحا حتى يوم {weekday}، "
        "وسيكون {person} هناك {when} ليجيب عن الأسئلة حول {topic}.",
        "في {season} القادم ينوي {person} أن يقيم معرضا آخر في بلدة {town} إذا تم إصلاح سقف {place}.",
        "من أراد أن يعرف المزيد عن {topic} فليسأل عن {person} في {place}، فهو موجود هناك {when}.",
        "غادرنا بلدة {town} {when} ونحن نحمل كتابا أهداه لنا {person} ونفكر في {topic}.",
        "نشكر {person} وأهل {town} و{many} قارئا كتبوا إلينا عن {topic}.",
    ),
    "heading": ("{person} و{topic}", "في {place}", "من بلدة {town}"),
    "person": (
        "سامر حداد", "كريم منصور", "ياسين خليل", "عمر ناصر", "هاني سليم", "رامي عيسى", "فارس زيدان", "طارق حسن",
        "نبيل قاسم",
        "جمال شاهين", "وليد مراد", "زياد صالح",
    ),
    "town": (
        "عين الورد", "الزيتونة", "تل الحجر", "وادي القمر", "البئر الجديد", "رأس النخل", "الميناء", "دار السلام",
        "النهر الكبير", "باب الريح",
    ),
    "place": (
        "بيت الحديقة", "متحف الميناء", "مسرح القرية", "مصنع الورق", "مركز القراءة", "مبنى المدرسة", "سوق الكتب",
        "معمل الزجاج",
        "مرسى القوارب", "برج المنارة",
    ),
    "topic": (
        "تجليد الكتب", "حفر الخشب", "نظرية الألوان", "رسم الخرائط", "صناعة الألعاب", "كتابة اللافتات",
        "صناعة الطائرات الورقية",
        "مسرح الدمى", "صناعة البلاط", "دفاتر الطقس", "تصميم الملصقات", "الطباعة بالخشب",
    ),
    "weekday": ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"),
    "season": ("الربيع", "الصيف", "الخريف", "الشتاء"),
    "any_season": ("ربيع", "صيف", "خريف", "شتاء"),
    "when": (
        "في الصباح الباكر", "في آخر الليل", "بعد الغداء", "قبل الفطور", "وقت المطر", "عند الظهر", "قبل الإغلاق",
        "بين موعدين",
    ),
    "many": ("عشرون", "ثلاثون", "أربعون", "خمسون", "ستون", "تسعون"),
}  # fmt: skip

LABELS = {
    "home": "الرئيسية", "about": "من نحن", "private": "للأعضاء فقط",
    "cookies": "نستخدم ملفات تعريف الارتباط لتحسين تجربتك. باستخدامك هذا الموقع فإنك توافق على سياستنا.",
    "accept": "قبول الكل",
    "related": "مواضيع ذات صلة", "advertisement": "إعلان", "share": "شارك هذه الصفحة",
    "footer": "جميع الحقوق محفوظة. شروط الاستخدام.",
    "next": "الصفحة التالية", "by": "بقلم", "subscribe": "اشترك في نشرتنا البريدية", "latest": "أحدث الصفحات",
    "updated": "تم تحديث هذه الصفحة يوم الاثنين.",
}  # fmt: skip

TONGUE = Tongue("ar", RULES, phrases, LABELS, direction="rtl")
