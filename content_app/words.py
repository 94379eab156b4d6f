"""What the lesson says to the learner, in the languages it has. The exercises in words are in `spoken`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The phrases of one language. Those with braces are filled in with `str.format`."""

    language: str
    topics: dict[str, str]
    # in the terminal and on the page
    right: str
    wrong: str
    nearly: str
    how: dict[str, str]  # by the kind of interaction
    resumed: str
    result: str
    passed: str
    failed: str
    left: str
    # on the page only
    question: str
    is_what: str
    equals: str
    your_answer: str
    above: str
    below: str
    smallest: str
    check: str
    next: str
    to_result: str
    erase: str
    stop: str
    praise: tuple[str, ...]
    not_quite: str
    almost: str
    you_said: str
    step_right: str
    step_wrong: str
    step_now: str
    step_open: str
    well_done: str
    keep_going: str
    again_later: str
    practised: str
    pause: str
    kept: str
    back: str
    close: str
    goodbye: str
    may_close: str
    wait: str
    wait_why: str
    try_again: str
    trouble: str
    tell_somebody: str
    languages: str


_ENGLISH = Words(
    language="en",
    topics={
        "addition": "Addition",
        "subtraction": "Subtraction",
        "multiplication": "Multiplication",
        "division": "Division",
        "fractions": "Fractions",
    },
    right="Right.",
    wrong="Not quite: it is {answer}.",
    nearly="Nearly: make the fraction as small as you can, {answer}.",
    how={
        "numeric": "Please write a whole number, like 12.",
        "fill-in": "Please write a fraction, like 3/4.",
    },
    resumed="Welcome back. You go on with question {number} of {total}.",
    result="{right} of {total} right.",
    passed="Passed.",
    failed="Not passed yet.",
    left="Left before the end.",
    question="Question {number} of {total}",
    is_what="How much is {spoken}?",
    equals="{spoken} is {answer}",
    your_answer="Your answer",
    above="Top number",
    below="Bottom number",
    smallest="Make the fraction as small as you can.",
    check="Check",
    next="Next question",
    to_result="See how it went",
    erase="Erase",
    stop="Stop",
    praise=("Right!", "Well done!", "Yes, exactly!", "Great!"),
    not_quite="Not quite.",
    almost="Nearly!",
    you_said="You wrote {response}.",
    step_right="right",
    step_wrong="not right",
    step_now="now",
    step_open="still to come",
    well_done="Well done, you passed!",
    keep_going="You have finished this lesson.",
    again_later="Not passed yet. Take a break and try again: every try makes you better.",
    practised="You passed this lesson before. Good practice!",
    pause="See you soon!",
    kept="Your answers are kept. Next time you go on with question {number}.",
    back="Back to my lessons",
    close="Finish",
    goodbye="Goodbye!",
    may_close="You can close this window now.",
    wait="One moment, please",
    wait_why="Your answers are safe. We are waiting for the learning app, and try again by ourselves.",
    try_again="Try again now",
    trouble="This lesson cannot go on",
    tell_somebody="It is not your fault. Start the lesson again. If this comes back, show it to your teacher:",
    languages="Language",
)
_SPANISH = Words(
    language="es",
    topics={
        "addition": "Suma",
        "subtraction": "Resta",
        "multiplication": "Multiplicación",
        "division": "División",
        "fractions": "Fracciones",
    },
    right="Correcto.",
    wrong="No del todo: es {answer}.",
    nearly="Casi: simplifica la fracción todo lo que puedas, {answer}.",
    how={
        "numeric": "Escribe un número entero, por ejemplo 12.",
        "fill-in": "Escribe una fracción, por ejemplo 3/4.",
    },
    resumed="Hola de nuevo. Sigues con la pregunta {number} de {total}.",
    result="{right} de {total} correctas.",
    passed="Aprobado.",
    failed="Aún no aprobado.",
    left="Terminado antes del final.",
    question="Pregunta {number} de {total}",
    is_what="¿Cuánto es {spoken}?",
    equals="{spoken} es igual a {answer}",
    your_answer="Tu respuesta",
    above="Número de arriba",
    below="Número de abajo",
    smallest="Simplifica la fracción todo lo que puedas.",
    check="Comprobar",
    next="Siguiente pregunta",
    to_result="Ver el resultado",
    erase="Borrar",
    stop="Parar",
    praise=("¡Correcto!", "¡Muy bien!", "¡Sí, exacto!", "¡Genial!"),
    not_quite="No del todo.",
    almost="¡Casi!",
    you_said="Has escrito {response}.",
    step_right="correcta",
    step_wrong="no correcta",
    step_now="ahora",
    step_open="por hacer",
    well_done="¡Muy bien, has aprobado!",
    keep_going="Has terminado esta lección.",
    again_later="Aún no has aprobado. Descansa un poco e inténtalo otra vez: con cada intento mejoras.",
    practised="Ya habías aprobado esta lección. ¡Buena práctica!",
    pause="¡Hasta pronto!",
    kept="Tus respuestas están guardadas. La próxima vez sigues con la pregunta {number}.",
    back="Volver a las lecciones",
    close="Terminar",
    goodbye="¡Adiós!",
    may_close="Ya puedes cerrar esta ventana.",
    wait="Espera un poquito, por favor",
    wait_why="Tus respuestas están a salvo. Esperamos a la aplicación de aprendizaje y lo intentamos otra vez.",
    try_again="Intentar ahora",
    trouble="Esta lección no puede continuar",
    tell_somebody="No es culpa tuya. Empieza la lección otra vez. Si se repite, enseña esto en la escuela:",
    languages="Idioma",
)
LANGUAGES = {"en": _ENGLISH, "es": _SPANISH}


def words(preferred: Sequence[str]) -> Words:
    """The first language that the learner prefers and the lesson has, else English (cmi5 11.1)."""
    for tag in preferred:
        primary = tag.partition("-")[0].lower()
        if primary in LANGUAGES:
            return LANGUAGES[primary]
    return _ENGLISH
