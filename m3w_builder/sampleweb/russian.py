"""Russian for the sample web."""

from __future__ import annotations

from m3w_builder.sampleweb.scene import Scene
from m3w_builder.sampleweb.tongue import Tongue

# Nominative, genitive, gender (0 masculine, 1 feminine, 2 neuter).
_SHAPES = {
    "ball": ("мяч", "мяча", 0), "box": ("коробка", "коробки", 1), "star": ("звезда", "звезды", 1),
    "heart": ("сердце", "сердца", 2), "cross": ("крест", "креста", 0), "ring": ("кольцо", "кольца", 2),
    "moon": ("месяц", "месяца", 0), "flower": ("цветок", "цветка", 0), "house": ("дом", "дома", 0),
    "tree": ("ёлка", "ёлки", 1), "fish": ("рыба", "рыбы", 1), "boat": ("лодка", "лодки", 1),
}  # fmt: skip
_HARD = ("ый", "ая", "ое", "ых")
_SOFT = ("ий", "яя", "ее", "их")
_STEMS = {
    "red": "красн", "orange": "оранжев", "yellow": "жёлт", "green": "зелён", "blue": "син", "purple": "фиолетов",
    "pink": "розов", "brown": "коричнев", "white": "бел", "black": "чёрн", "striped": "полосат", "spotted": "пятнист",
}  # fmt: skip
_SMALL = ("маленький", "маленькая", "маленькое")
_GROUNDS = {
    "grass": "на зелёной траве",
    "sand": "на светлом песке",
    "snow": "на белом снегу",
    "sea": "в открытом море",
    "night": "под ночным небом",
    "sky": "в ясном небе",
    "brick": "у кирпичной стены",
    "wood": "на деревянной доске",
    "paper": "на клетчатой бумаге",
    "fog": "в густом тумане",
    "sunset": "на фоне заката",
}
_SIDES = {"left": "слева", "right": "справа", "above": "сверху", "below": "снизу"}


def _adjective(word: str, form: int) -> str:
    return _STEMS[word] + (_SOFT if word == "blue" else _HARD)[form]


def phrases(scene: Scene) -> dict[str, str]:
    """What the words may tell of a scene."""
    one, some, gender = _SHAPES[scene.shape]
    form = gender if scene.count == 1 else 3
    words = [] if scene.pattern == "plain" else [_adjective(scene.pattern, form)]
    words += [_adjective(scene.colour, form), one if scene.count == 1 else some]
    if scene.count > 1:
        words.insert(0, {2: ("два", "две", "два")[gender], 3: "три", 4: "четыре"}[scene.count])
    second = ""
    if scene.side:
        name, _, other = _SHAPES[scene.second_shape]
        second = f"{_SMALL[other]} {_adjective(scene.second_colour, other)} {name}"
    return {
        "main": " ".join(words),
        "second": second,
        "ground": _GROUNDS[scene.ground],
        "side": _SIDES.get(scene.side, ""),
    }


RULES = {
    "title": (
        "Что показали {where} {season}",
        "{person} рассказывает {about}",
        "Заметки {about} из города {town}",
        "Город {town} ждёт гостей {where}",
        "Десять лет спустя: {person} снова {where}",
        "Прогулка по городу {town} и разговор {about}",
    ),
    "intro": (
        "В {weekday} {person} открыл выставку {where} города "
        "{town}, и {many} человек пришли послушать рассказ {about}.",
        "Никто в городе {town} не ожидал, что {where} будет так тесно, когда {person} заговорит {about}.",
        "{person} много лет думает {about} и работает {when}, обычно один, {where} недалеко от города {town}.",
        "Каждую {season_accusative} жители города {town} собираются {where}, приносят старые вещи и спорят {about}.",
        "Мы приехали в город {town} {when}, потому что {person} обещал показать нам кое-что {where}.",
        "Для человека по имени {person} всё началось {when} {where}, когда он впервые услышал разговор {about}.",
    ),
    "scene": (
        "На картинке {main} {ground}, а {side} {second}.",
        "Здесь мы видим такое: {main} {ground}, {side} {second}.",
        "{person} нарисовал лист, на котором {main} {ground} и {second} {side}.",
        "Перед нами {main} {ground}; {side} хорошо виден ещё один предмет: {second}.",
        "На этом листе {main} {ground}, рядом {side} {second}.",
        "Сюжет простой: {main} {ground}, {second} {side}.",
    ),
    "scene_alone": (
        "На картинке {main} {ground}, и больше ничего нет.",
        "Здесь мы видим такое: {main} {ground}.",
        "{person} нарисовал лист, на котором {main} {ground}.",
        "Перед нами {main} {ground}, без всяких лишних деталей.",
        "На этом листе {main} {ground}, а остальное пусто.",
        "Сюжет простой: {main} {ground}.",
    ),
    "caption": (
        "{main} {ground}, {side} {second}.", "{main}, {second} {side}, {ground}.",
        "{main} {ground}, {second} {side}, фото: {person}.",
    ),
    "caption_alone": ("{main} {ground}.", "{main} {ground}, фото: {person}.", "{main}, снято {ground}."),
    "remark": (
        "{person} хранил эту работу {where} {many} дней.",
        "Гость из города {town} спросил, можно ли её купить.",
        "В {weekday} её перенесли туда, где {person} проводит занятия.",
        "{person} говорит, что без неё трудно рассуждать {about}.",
        "Дети долго стояли перед ней {when} и не хотели уходить.",
        "Бумагу привезли из города {town}, а рамку сделал {person}.",
        "Следующей {season} её покажут {where} в городе {town}.",
        "Кто-то сравнил её с тем, что {person} рисовал {when}.",
        "После дождя {person} заново приклеил один угол {where}.",
    ),
    "closing": (
        "Выставка в городе {town} открыта до конца недели, и {person} будет {when} отвечать на вопросы {about}.",
        "Следующей {season} {person} хочет показать новую серию {where}, если город {town} починит крышу.",
        "Кто хочет узнать больше {about}, пусть спросит, где {person}: его легко найти {where} {when}.",
        "Мы уехали из города {town} {when} с тяжёлой папкой в руках и с новыми мыслями {about}.",
        "Спасибо всем, кто писал нам {about}: {many} писем пришло из одного только города {town}.",
    ),
    "heading": ("{person} {about}", "Встреча {where}", "{person} и город {town}", "{season} {where}"),
    "person": (
        "Иван Лукин", "Павел Дорохов", "Андрей Мельник", "Сергей Власов", "Олег Тихонов", "Михаил Зорин", "Юрий Карпов",
        "Николай Белов", "Виктор Савин", "Глеб Орлов", "Роман Щукин", "Фёдор Ильин", "Антон Громов", "Денис Лапин",
    ),
    "town": (
        "Ольховск", "Берёзово", "Каменка", "Ручьи", "Светлый Яр", "Новый Мост", "Заречье", "Липовка", "Сосновка",
        "Гусиное", "Холмы", "Устье", "Красный Луг", "Озёрный",
    ),
    "place": ("старая мельница", "музей порта", "читальный зал", "садовый дом"),
    "topic": ("переплёт книг", "резьба по дереву", "теория цвета", "рисование карт"),
    "where": (
        "на старой мельнице", "в музее порта", "в школьной библиотеке", "в читальном зале", "на лодочной станции",
        "в доме с садом", "в деревенском театре", "на бумажной фабрике", "у маяка", "в стекольной мастерской",
    ),
    "about": (
        "о переплёте книг", "о резьбе по дереву", "о теории цвета", "о рисовании карт", "об игрушках", "о вывесках",
        "о воздушных змеях", "о кукольном театре", "об изразцах", "о дневниках погоды", "о плакатах",
        "о печати с досок",
    ),
    "weekday": ("понедельник", "вторник", "среду", "четверг", "пятницу", "субботу", "воскресенье"),
    "season": ("весной", "осенью", "зимой"),
    "season_accusative": ("весну", "осень", "зиму"),
    "when": (
        "рано утром", "поздно вечером", "после обеда", "до завтрака", "во время дождя", "около полудня",
        "перед закрытием",
        "после последнего поезда", "между двумя встречами",
    ),
    "many": ("девять", "двенадцать", "двадцать", "тридцать", "сорок", "шестьдесят", "двести"),
}  # fmt: skip

LABELS = {
    "home": "Главная", "about": "О нас", "private": "Только для своих",
    "cookies": "Мы используем файлы cookie. Продолжая работу с сайтом, вы соглашаетесь с правилами.",
    "accept": "Принять",
    "related": "Читайте также", "advertisement": "Реклама", "share": "Поделиться страницей",
    "footer": "Все права защищены. Правила сайта.", "next": "Следующая страница", "by": "Автор:",
    "subscribe": "Подпишитесь на нашу рассылку", "latest": "Новые страницы",
    "updated": "Страница обновлена в понедельник.",
}  # fmt: skip

TONGUE = Tongue("ru", RULES, phrases, LABELS)
