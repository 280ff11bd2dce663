"""Hebrew for the sample web."""

from __future__ import annotations

from m3w_builder.sampleweb.scene import Scene
from m3w_builder.sampleweb.tongue import Tongue

# Singular, plural, gender (0 masculine, 1 feminine).
_SHAPES = {
    "ball": ("כדור", "כדורים", 0), "box": ("קופסה", "קופסאות", 1), "star": ("כוכב", "כוכבים", 0),
    "heart": ("לב", "לבבות", 0),
    "cross": ("צלב", "צלבים", 0), "ring": ("טבעת", "טבעות", 1), "moon": ("ירח", "ירחים", 0),
    "flower": ("פרח", "פרחים", 0),
    "house": ("בית", "בתים", 0), "tree": ("עץ", "עצים", 0), "fish": ("דג", "דגים", 0), "boat": ("סירה", "סירות", 1),
}  # fmt: skip
# Masculine, feminine, and both in the plural.
_ADJECTIVES = {
    "red": ("אדום", "אדומה", "אדומים", "אדומות"), "orange": ("כתום", "כתומה", "כתומים", "כתומות"),
    "yellow": ("צהוב", "צהובה", "צהובים", "צהובות"), "green": ("ירוק", "ירוקה", "ירוקים", "ירוקות"),
    "blue": ("כחול", "כחולה", "כחולים", "כחולות"), "purple": ("סגול", "סגולה", "סגולים", "סגולות"),
    "pink": ("ורוד", "ורודה", "ורודים", "ורודות"), "brown": ("חום", "חומה", "חומים", "חומות"),
    "white": ("לבן", "לבנה", "לבנים", "לבנות"), "black": ("שחור", "שחורה", "שחורים", "שחורות"),
    "striped": ("מפוספס", "מפוספסת", "מפוספסים", "מפוספסות"), "spotted": ("מנוקד", "מנוקדת", "מנוקדים", "מנוקדות"),
}  # fmt: skip
_NUMBERS = {2: ("שני", "שתי"), 3: ("שלושה", "שלוש"), 4: ("ארבעה", "ארבע")}
_GROUNDS = {
    "grass": "על הדשא הירוק", "sand": "על החול הבהיר", "snow": "בתוך השלג הלבן", "sea": "בלב הים",
    "night": "תחת שמי הלילה",
    "sky": "בשמיים הבהירים", "brick": "מול קיר לבנים", "wood": "על לוח עץ", "paper": "על נייר משובץ",
    "fog": "בתוך ערפל כבד",
    "sunset": "על רקע השקיעה",
}  # fmt: skip
_SIDES = {"left": "משמאל", "right": "מימין", "above": "למעלה", "below": "למטה"}


def phrases(scene: Scene) -> dict[str, str]:
    """What the words may tell of a scene."""
    one, many, gender = _SHAPES[scene.shape]
    form = gender if scene.count == 1 else 2 + gender
    kinds = [] if scene.pattern == "plain" else [_ADJECTIVES[scene.pattern][form]]
    noun = one if scene.count == 1 else f"{_NUMBERS[scene.count][gender]} {many}"
    second = ""
    if scene.side:
        name, _, other = _SHAPES[scene.second_shape]
        second = f"{name} {('קטן', 'קטנה')[other]} {_ADJECTIVES[scene.second_colour][other]}"
    main = " ".join([noun, _ADJECTIVES[scene.colour][form], *kinds])
    return {"main": main, "second": second, "ground": _GROUNDS[scene.ground], "side": _SIDES.get(scene.side, "")}


RULES = {
    "title": (
        "{person} מספר על {topic}", "מה ראינו ב{place} ב{season}", "רשימות על {topic} מ{town}",
        "{town} פותחת שוב את {place}",
    ),
    "intro": (
        "ביום {weekday} פתח {person} תערוכה קטנה ב{place} של "
        "{town}, ו{many} אנשים באו {when} לשמוע אותו מדבר על {topic}.",
        "איש ב{town} לא ציפה שיהיה כל כך צפוף ב{place} כאשר {person} התחיל לדבר {when} על {topic}.",
        "{person} עובד כבר שנים רבות ב{place} ליד {town}, חושב כל יום על {topic} ומעדיף לעבוד {when} לבדו.",
        "בכל {season} נפגשים תושבי {town} ב{place}, מביאים דברים ישנים מהבית ומתווכחים על {topic}.",
        "הגענו אל {town} {when} מפני ש{person} הבטיח להראות לנו ב{place} כמה דברים שאסף.",
        "בשביל {person} הכול התחיל {when} ב{place}, כששמע בפעם הראשונה שיחה על {topic}.",
    ),
    "scene": (
        "בתמונה הזאת רואים {main} {ground}, ו{side} יש {second}.",
        "כאן מופיע הציור של {main} {ground}, עם {second} {side}.",
        "{person} צייר {main} {ground} והוסיף {second} {side}.",
        "הדבר הבולט הוא {main} {ground}, ואחריו {second} {side}.",
        "על הדף הזה יש {main} {ground}, וגם {second} {side}.",
    ),
    "scene_alone": (
        "בתמונה הזאת רואים {main} {ground} ותו לא.",
        "כאן מופיע הציור של {main} {ground}.",
        "{person} צייר {main} {ground} בלי שום תוספת.",
        "הדבר הבולט הוא {main} {ground}, וכל השאר ריק.",
        "על הדף הזה יש {main} {ground}.",
    ),
    "caption": ("{main} {ground}, {second} {side}.", "{main} עם {second} {side}, {ground}."),
    "caption_alone": ("{main} {ground}.", "{main} {ground}, צילום: {person}."),
    "remark": (
        "{person} שמר אותה ב{place} במשך {many} ימים.",
        "אורח מ{town} שאל אם אפשר לקנות אותה.",
        "ביום {weekday} העביר אותה {person} אל {place}.",
        "{person} אומר שבלעדיה אי אפשר ללמד {topic}.",
        "הילדים עמדו מולה {when} ולא רצו ללכת הביתה.",
        "הנייר הגיע מ{town}, ואת המסגרת בנה {person}.",
        "ב{season} הבא יציגו אותה ב{place} של {town}.",
        "מישהו השווה אותה למה ש{person} צייר {when}.",
        "אחרי הגשם תיקן {person} את אחת הפינות ב{place}.",
    ),
    "closing": (
        "התערוכה ב{town} פתוחה עד יום {weekday}, ו{person} יהיה שם {when} כדי לענות על שאלות על {topic}.",
        "ב{season} הבא רוצה {person} להציג סדרה חדשה ב{town}, אם רק יתקנו את הגג של {place}.",
        "מי שרוצה לדעת עוד על {topic} יכול לחפש את {person} ב{place}, שם הוא יושב {when}.",
        "עזבנו את {town} {when} עם תיק כבד ביד ועם הרבה מחשבות על {topic}.",
        "תודה אל {person}, אל אנשי {town} ואל {many} הקוראים שכתבו לנו על {topic}.",
    ),
    "heading": ("{person} על {topic}", "פגישה ב{place}", "יום {weekday} ב{town}"),
    "person": (
        "דוד לוין", "יוסי כהן", "אבי שפירא", "רון גולן", "עמית ברק", "משה אלון", "גיל שחר", "אורי נוימן", "נועם פרץ",
        "איתן דגן",
        "תומר רז", "עידו קרן",
    ),
    "town": (
        "גבעת השקד", "עין תמר", "נווה גפן", "כפר אלה", "רמת הברוש", "מעלה האורן", "גן החרוב", "שדה דקל", "תל זית",
        "בית הכרם",
    ),
    "place": (
        "בית המלאכה", "מוזיאון הנמל", "ספריית הכפר", "אולם הקריאה", "תיאטרון הכפר", "מפעל הנייר", "מועדון השיט",
        "חנות הדפוס",
        "סדנת הזכוכית", "בית הגינה",
    ),
    "topic": (
        "כריכת ספרים", "גילוף בעץ", "תורת הצבע", "ציור מפות", "בניית צעצועים", "ציור שלטים", "בניית עפיפונים",
        "תיאטרון בובות",
        "ייצור אריחים", "יומני מזג אוויר", "עיצוב כרזות", "הדפס עץ",
    ),
    "weekday": ("ראשון", "שני", "שלישי", "רביעי", "חמישי", "שישי"),
    "season": ("אביב", "קיץ", "סתיו", "חורף"),
    "when": (
        "מוקדם בבוקר", "מאוחר בלילה", "אחרי הצהריים", "לפני ארוחת הבוקר", "בזמן הגשם", "בצהריים", "לפני הסגירה",
        "בין שתי פגישות",
    ),
    "many": ("עשרים", "שלושים", "ארבעים", "חמישים", "שישים", "תשעים"),
}  # fmt: skip

LABELS = {
    "home": "דף הבית", "about": "אודות", "private": "לחברים בלבד",
    "cookies": "אנו משתמשים בעוגיות כדי לשפר את חוויית הגלישה. המשך השימוש באתר מהווה הסכמה למדיניות.",
    "accept": "אישור הכול",
    "related": "כתבות נוספות", "advertisement": "פרסומת", "share": "שתפו את הדף",
    "footer": "כל הזכויות שמורות. תנאי שימוש.",
    "next": "הדף הבא", "by": "מאת", "subscribe": "הירשמו לרשימת התפוצה", "latest": "דפים אחרונים",
    "updated": "הדף עודכן ביום שני.",
}  # fmt: skip

TONGUE = Tongue("he", RULES, phrases, LABELS, direction="rtl")
