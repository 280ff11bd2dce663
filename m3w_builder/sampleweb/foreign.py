"""German, French and Spanish: the languages of pages that are planted as being in another language.

They say nothing of what a picture shows: no model is to learn from pages that a build drops.
"""

from __future__ import annotations

from m3w_builder.sampleweb.english import LABELS
from m3w_builder.sampleweb.scene import Scene
from m3w_builder.sampleweb.tongue import Rules, Tongue


def phrases(scene: Scene) -> dict[str, str]:
    """Nothing."""
    return {"main": ""}


_PEOPLE = (
    "Anna Weber",
    "Karl Brandt",
    "Luise Martin",
    "Pierre Roche",
    "Clara Ruiz",
    "Diego Campos",
    "Emma Lang",
    "Paul Moreau",
)
_TOWNS = ("Altenfeld", "Neudorf", "Beaumont", "Saint-Clair", "Valdeflores", "Monteclaro", "Steinbach", "Rochefleur")

_GERMAN: Rules = {
    "title": ("{person} und das Handwerk von {town}", "Ein Besuch in {town} am {day}"),
    "intro": (
        "Am {day} hat {person} in {town} eine kleine Ausstellung eröffnet, "
        "und viele Leute sind trotz des Regens gekommen, um {topic} zu sehen.",
        "Niemand in {town} hatte damit gerechnet, dass sich so viele "
        "Menschen für {topic} begeistern würden, als {person} davon erzählte.",
        "{person} beschäftigt sich seit vielen Jahren mit der "
        "Frage, wie {topic} auch in {town} eine Zukunft haben könnte.",
    ),
    "scene": (
        "So sieht es aus, wenn {person} am {day} fertig geworden ist.",
        "Dieses Blatt hängt seit dem letzten Winter in {town}.",
    ),
    "remark": (
        "{person} hat es lange in {town} aufbewahrt und nie verkaufen wollen.",
        "Die Kinder blieben am {day} davor stehen und wollten nicht nach Hause gehen.",
        "Das Papier stammt aus {town}, den Rahmen hat {person} selbst gebaut.",
        "Man kann {topic} ohne dieses Stück kaum verstehen, sagt {person}.",
    ),
    "closing": (
        "Die Ausstellung in {town} ist noch bis {day} geöffnet, und {person} beantwortet dort gern alle Fragen.",
        "Wer mehr über {topic} wissen möchte, sollte sich am {day} in {town} nach {person} erkundigen.",
    ),
    "heading": ("{person} in {town}", "Am {day} in {town}"),
    "place": ("das Rathaus", "die alte Mühle"),
    "topic": ("die Buchbinderei", "die Holzschnitzerei", "das Puppentheater", "die Farbenlehre", "das Kartenzeichnen"),
    "day": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"),
}
_FRENCH: Rules = {
    "title": ("{person} et les ateliers de {town}", "Une visite à {town}, {day}"),
    "intro": (
        "Ce {day}, {person} a ouvert une petite exposition à {town}, et "
        "beaucoup de gens sont venus malgré la pluie pour découvrir {topic}.",
        "Personne à {town} ne pensait que tant de visiteurs viendraient "
        "écouter {person} parler avec passion de ce qu'est {topic}.",
        "Depuis des années, {person} cherche à savoir comment {topic} "
        "pourrait encore trouver sa place dans une ville comme {town}.",
    ),
    "scene": (
        "Voilà ce que {person} a terminé {day} soir.",
        "Cette feuille est accrochée à {town} depuis l'hiver dernier.",
    ),
    "remark": (
        "{person} l'a gardée longtemps à {town} sans jamais vouloir la vendre.",
        "Les enfants sont restés devant toute la matinée et ne voulaient plus rentrer.",
        "Le papier vient de {town}, et le cadre a été fabriqué par {person}.",
        "Selon {person}, on ne peut pas comprendre {topic} sans cette pièce.",
    ),
    "closing": (
        "L'exposition de {town} reste ouverte jusqu'à {day}, et {person} répondra volontiers à toutes vos questions.",
        "Pour en savoir plus sur {topic}, il suffit de demander {person} à {town} dans la matinée de {day}.",
    ),
    "heading": ("{person} à {town}", "À {town}, {day}"),
    "place": ("la mairie", "le vieux moulin"),
    "topic": (
        "la reliure",
        "la gravure sur bois",
        "le théâtre de marionnettes",
        "la théorie des couleurs",
        "le dessin de cartes",
    ),
    "day": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"),
}
_SPANISH: Rules = {
    "title": ("{person} y los talleres de {town}", "Una visita a {town} el {day}"),
    "intro": (
        "El {day} pasado {person} abrió una pequeña exposición en {town}, "
        "y mucha gente llegó a pesar de la lluvia para conocer {topic}.",
        "Nadie en {town} esperaba que tantas personas quisieran escuchar "
        "a {person} cuando empezó a hablar de lo que significa {topic}.",
        "Desde hace muchos años {person} se pregunta cómo {topic} "
        "podría tener todavía un futuro en un lugar como {town}.",
    ),
    "scene": (
        "Así quedó cuando {person} terminó el {day} por la noche.",
        "Esta hoja cuelga en {town} desde el invierno pasado.",
    ),
    "remark": (
        "{person} la guardó mucho tiempo en {town} y nunca quiso venderla.",
        "Los niños se quedaron delante toda la mañana y no querían volver a casa.",
        "El papel viene de {town}, y el marco lo hizo {person} con sus propias manos.",
        "Según {person}, sin esta pieza no se puede entender {topic}.",
    ),
    "closing": (
        "La exposición de {town} sigue abierta hasta el {day}, y {person} responderá con gusto a todas las preguntas.",
        "Quien quiera saber más sobre {topic} puede preguntar por {person} en {town} cualquier {day}.",
    ),
    "heading": ("{person} en {town}", "En {town}, el {day}"),
    "place": ("el ayuntamiento", "el viejo molino"),
    "topic": (
        "la encuadernación",
        "el grabado en madera",
        "el teatro de títeres",
        "la teoría del color",
        "el dibujo de mapas",
    ),
    "day": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado"),
}


def _make(code: str, rules: Rules) -> Tongue:
    scene = rules["scene"]
    more: Rules = {"person": _PEOPLE, "town": _TOWNS, "scene_alone": scene, "caption": scene, "caption_alone": scene}
    return Tongue(code, {**rules, **more}, phrases, LABELS)


GERMAN = _make("de", _GERMAN)
FRENCH = _make("fr", _FRENCH)
SPANISH = _make("es", _SPANISH)
