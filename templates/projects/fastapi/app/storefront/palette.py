"""Colours: from one wish ("rose", "#c06070", "dark green and gold") to a set that stays readable.

Text in or on a colour always has a contrast of at least 4.5 to 1 (WCAG AA): a light accent is written on in ink, and its
deep shade is darkened until it can be read on paper.
"""

import re
from dataclasses import dataclass

_NAMED = {
    "rose": "#b4576d", "pink": "#b84a78", "red": "#b03a3a", "coral": "#c05640", "orange": "#b85c1e", "sand": "#96703f",
    "gold": "#8f6a1d", "yellow": "#8a6d0b", "brown": "#7a5540", "green": "#3c7650", "sage": "#5c7560", "olive": "#6b7034",
    "mint": "#2f7d6b", "teal": "#1f7478", "turquoise": "#12777f", "blue": "#2c64a8", "navy": "#2b4675", "ocean": "#22698c",
    "lilac": "#7d64a6", "purple": "#74519b", "plum": "#7c4468", "grey": "#5a6470", "gray": "#5a6470", "graphite": "#4a525c",
    "black": "#2b2b2e", "white": "#5a6470",
    "forest": "#2f6146", "sun": "#f2b632",
    # German and Russian words for the same.
    "rosa": "#b84a78", "rot": "#b03a3a", "grün": "#3c7650", "blau": "#2c64a8", "gelb": "#8a6d0b", "lila": "#74519b",
    "schwarz": "#2b2b2e", "grau": "#5a6470", "braun": "#7a5540", "beige": "#96703f", "weiß": "#5a6470",
    "розов": "#b84a78", "красн": "#b03a3a", "зелен": "#3c7650", "зелён": "#3c7650", "син": "#2c64a8", "голуб": "#22698c",
    "желт": "#8a6d0b", "жёлт": "#8a6d0b", "фиолет": "#74519b", "сирен": "#7d64a6", "черн": "#2b2b2e", "чёрн": "#2b2b2e",
    "сер": "#5a6470", "корич": "#7a5540", "беж": "#96703f", "бел": "#5a6470", "золот": "#8f6a1d", "бирюз": "#12777f",
    "оранж": "#b85c1e",
}
_BY_KIND = {"beauty_salon": "#a85a6b", "installers": "#1f5f99", "shop": "#3f7356"}
_WHITE = (255, 255, 255)
_PAPER = (252, 250, 247)
_INK = (36, 32, 34)
_READABLE = 4.6
# What a button needs to be seen as one.
_VISIBLE = 1.35

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Palette:
    """Custom properties of the page, as CSS colours."""

    accent: str
    on_accent: str
    accent_deep: str
    accent_soft: str
    accent_mist: str
    paper: str
    ink: str

    def css(self) -> str:
        """The style sheet that the page loads first."""
        pairs = ((name.replace("_", "-"), getattr(self, name)) for name in self.__slots__)
        return ":root{" + "".join(f"--{name}:{value};" for name, value in pairs) + "}\n"


def _parse(text: str) -> Rgb:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def _hex(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    return tuple(round(a * share + b * (1 - share)) for a, b in zip(one, other, strict=True))  # type: ignore[return-value]


def _darker(colour: Rgb) -> Rgb:
    return _mix(colour, (0, 0, 0), 0.94)


def _luminance(colour: Rgb) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (channel / 255 for channel in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Rgb, other: Rgb) -> float:
    """WCAG contrast ratio, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _wished(wish: str, kind: str) -> Rgb:
    found = re.search(r"#([0-9a-fA-F]{6}|[0-9a-fA-F]{3})\b", wish)
    if found:
        digits = found[1] if len(found[1]) == 6 else "".join(digit * 2 for digit in found[1])
        return _parse("#" + digits.lower())
    for word in re.findall(r"\w+", wish.lower()):
        for name, colour in _NAMED.items():
            # Russian words are stems, since they bend; the others stand whole.
            if word == name or (not name.isascii() and len(name) >= 3 and word.startswith(name)):
                return _parse(colour)
    return _parse(_BY_KIND[kind])


def make(wish: str, kind: str) -> Palette:
    """The palette for a wish; an empty or unknown one gives the colours of the trade."""
    accent = _wished(wish, kind)
    ink = _mix(accent, _INK, 0.12)
    while max(contrast(accent, _WHITE), contrast(accent, ink)) < _READABLE or contrast(accent, _PAPER) < _VISIBLE:
        accent = _darker(accent)
    deep = _mix(accent, (20, 16, 22), 0.62)
    while contrast(deep, _PAPER) < 1.5 * _READABLE:
        deep = _darker(deep)
    return Palette(
        accent=_hex(accent),
        on_accent=_hex(_WHITE if contrast(accent, _WHITE) >= _READABLE else ink),
        accent_deep=_hex(deep),
        accent_soft=_hex(_mix(accent, _PAPER, 0.16)),
        accent_mist=_hex(_mix(accent, _PAPER, 0.07)),
        paper=_hex(_mix(accent, _WHITE, 0.015)),
        ink=_hex(ink),
    )
