"""Exercises in words, for people who listen: "three plus four", "un cuarto más dos cuartos".

Whole numbers below a million; fractions by their names up to twelfths, beyond as "over". Languages: `LANGUAGES`.
"""

from __future__ import annotations

from collections.abc import Callable

LANGUAGES = ("en", "es")

_SIGNS = {
    "en": {"+": "plus", "−": "minus", "×": "times", "÷": "divided by"},
    "es": {"+": "más", "−": "menos", "×": "por", "÷": "entre"},
}
_OVER = {"en": "over", "es": "sobre"}


def spoken(prompt: str, language: str) -> str:
    """Two terms and a sign (`3 + 4`, `1/4 − 1/8`), or a term alone, in the words of that language."""
    return " ".join(_SIGNS[language].get(part) or _term(part, language) for part in prompt.split())


def _term(text: str, language: str) -> str:
    above, slash, below = text.partition("/")
    if slash:
        return _PARTS[language](int(above), int(below))
    return _NUMBERS[language](int(above))


def _list(text: str) -> list[str]:
    return text.split()


# --- English --------------------------------------------------------------------------------------------------------

_EN_SMALL = _list(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_EN_TENS = _list("_ _ twenty thirty forty fifty sixty seventy eighty ninety")
_EN_PARTS = _list("_ _ half third quarter fifth sixth seventh eighth ninth tenth eleventh twelfth")


def _english(number: int) -> str:
    if number < 20:
        return _EN_SMALL[number]
    if number < 100:
        tens, rest = divmod(number, 10)
        return _EN_TENS[tens] + (f"-{_EN_SMALL[rest]}" if rest else "")
    size, name = (100, "hundred") if number < 1000 else (1000, "thousand")
    many, rest = divmod(number, size)
    return f"{_english(many)} {name}" + (f" {_english(rest)}" if rest else "")


def _english_part(above: int, below: int) -> str:
    if not 2 <= below < len(_EN_PARTS):
        return f"{_english(above)} {_OVER['en']} {_english(below)}"
    name = _EN_PARTS[below]
    plural = "halves" if below == 2 else f"{name}s"
    return f"{_english(above)} {name if above == 1 else plural}"


# --- Spanish --------------------------------------------------------------------------------------------------------

_ES_SMALL = _list(
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete "
    "dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete "
    "veintiocho veintinueve"
)
_ES_TENS = _list("_ _ _ treinta cuarenta cincuenta sesenta setenta ochenta noventa")
_ES_HUNDREDS = _list(
    "_ ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos"
)
_ES_PARTS = _list("_ _ medio tercio cuarto quinto sexto séptimo octavo noveno décimo onceavo doceavo")


def _spanish(number: int) -> str:
    if number < 30:
        return _ES_SMALL[number]
    if number < 100:
        tens, rest = divmod(number, 10)
        return _ES_TENS[tens] + (f" y {_ES_SMALL[rest]}" if rest else "")
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return "cien" if number == 100 else _ES_HUNDREDS[hundreds] + (f" {_spanish(rest)}" if rest else "")
    thousands, rest = divmod(number, 1000)
    many = "mil" if thousands == 1 else f"{_before_a_noun(thousands)} mil"
    return many + (f" {_spanish(rest)}" if rest else "")


def _before_a_noun(number: int) -> str:
    """`uno` is `un` before a noun, `veintiuno` `veintiún`."""
    text = _spanish(number)
    if text.endswith("veintiuno"):
        return f"{text.removesuffix('uno')}ún"
    return text.removesuffix("o") if text.endswith("uno") else text


def _spanish_part(above: int, below: int) -> str:
    if not 2 <= below < len(_ES_PARTS):
        return f"{_spanish(above)} {_OVER['es']} {_spanish(below)}"
    return f"{_before_a_noun(above)} {_ES_PARTS[below]}{'' if above == 1 else 's'}"


_NUMBERS: dict[str, Callable[[int], str]] = {"en": _english, "es": _spanish}
_PARTS: dict[str, Callable[[int, int], str]] = {"en": _english_part, "es": _spanish_part}
