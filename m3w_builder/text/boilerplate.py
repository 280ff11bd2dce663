"""Takes out lines that are a page's furniture by their very words: sharing, cookies, copyright, logins."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import ClassVar

from m3w_builder.classes import dataclass
from m3w_builder.document import Document, Item, Text
from m3w_builder.stage import Drop
from m3w_builder.text.left import left
from m3w_builder.words import words

RULES = (
    r"(?:share|tweet|pin|e-?mail|print|post|save)(?: (?:this|it|on|to|via|the|page|article|post|story|with|your))*"
    r"(?: (?:facebook|twitter|x|pinterest|linkedin|reddit|whatsapp|e-?mail|friends))*",
    r"(?:follow|like|find|join) us(?: (?:on|at) .{0,40})?",
    r"(?:sign|log) ?(?:in|up|out|on)(?: (?:to|for|with|or|now|here|today)\b.{0,40})?",
    r"register(?: now| here)?",
    r"my account",
    r"subscribe(?: (?:to|for|now|today|here)\b.{0,60})?",
    r"(?:our|free|weekly|daily) newsletter",
    r"(?:read|learn|see|show|view|load|find out) (?:more|all|less)"
    r"(?: (?:about|from|on|in|posts|stories|comments)\b.{0,40})?",
    r"(?:leave|post|add|write) a (?:comment|reply|review)",
    r"\d* ?(?:comments?|replies|shares?|likes?|views?)",
    r"(?:©|\(c\)|copyright) ?.{0,100}",
    r"all rights reserved.{0,40}",
    r"terms (?:of use|of service|and conditions|& conditions)",
    r"(?:privacy|cookie) (?:policy|settings|notice)",
    r"(?:we|this (?:site|website)) uses? cookies.{0,120}",
    r"accept(?: all)?(?: cookies)?",
    r"(?:skip|jump) to (?:main )?content",
    r"back to top",
    r"(?:previous|next|older|newer)(?: (?:page|post|article|story|entries))?",
    r"advertisements?",
    r"sponsored(?: (?:content|post|links?))?",
    r"you (?:might|may) also like.{0,40}",
    r"related (?:posts|articles|stories)",
    r"add to (?:cart|basket|bag|wish ?list)",
    r"(?:buy|order|shop|book) now",
    r"check ?out",
    r"click here(?: to .{0,60})?",
    r"teilen|weiterlesen|mehr (?:lesen|erfahren|anzeigen)|anmelden|abmelden|registrieren",
    r"impressum|datenschutz(?:erklärung)?|alle rechte vorbehalten|nach oben|anzeige",
    r"kommentar (?:schreiben|hinterlassen)|newsletter abonnieren",
    r"partager|lire la suite|en savoir plus|se connecter|s'inscrire|mentions légales",
    r"politique de confidentialité|tous droits réservés|haut de page|publicité",
    r"laisser un commentaire|ajouter au panier",
    r"compartir|leer más|ver más|iniciar sesión|registrarse|aviso legal",
    r"política de (?:privacidad|cookies)|todos los derechos reservados|volver arriba|publicidad",
    r"dejar un comentario|añadir al carrito",
    r"поделиться|читать (?:далее|дальше|полностью)|подробнее|войти|регистрация|все права защищены",
    r"наверх|реклама|комментарии|оставить комментарий|политика конфиденциальности",
    r"подписаться(?: на .{0,40})?",
    r"分享|阅读全文|閱讀全文|查看更多|更多|登录|登入|注册|註冊|版权所有.{0,30}|隐私政策|返回顶部|广告|评论|发表评论|上一篇|下一篇",
    r"シェア(?:する)?|続きを読む|もっと見る|ログイン|新規登録|会員登録|利用規約|プライバシーポリシー|トップへ戻る|広告|コメントする|前の記事|次の記事",
)
"""Whole lines, in any case, without marks around them. Ours, from what pages of many hosts say around their content."""


@dataclass(frozen=True, slots=True)
class Boilerplate:
    """Takes out lines that say what pages say around their content, in seven languages; short ones alone."""

    name: ClassVar[str] = "boilerplate"
    reasons: ClassVar[Mapping[str, str]] = {"no_text_left": "every line was boilerplate"}

    max_words: int = 15
    """Longer lines stay, whatever they say."""
    also: tuple[str, ...] = ()
    """Further regular expressions of whole lines, in any case."""

    def __post_init__(self) -> None:
        for pattern in self.also:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"also: '{pattern}' is no regular expression: {error}") from None

    def __call__(self, batch: Sequence[Document], /) -> list[Document | Drop]:
        return [self.judge(document) for document in batch]

    def judge(self, document: Document) -> Document | Drop:
        out = 0
        items: list[Item] = []
        for item in document.items:
            if isinstance(item, Text) and item.kind in ("paragraph", "list", "heading"):
                lines = item.text.split("\n")
                kept = [line for line in lines if not self.says_nothing(line)]
                out += len(lines) - len(kept)
                if len(kept) < len(lines):
                    item.text = "\n".join(kept).strip()
                    if not item.text:
                        continue
            items.append(item)
        return left(document, items, out, "lines")

    def says_nothing(self, line: str) -> bool:
        """Whether the line is boilerplate."""
        bare = line.strip().strip("*•·|»«›‹→←↑>-–—.:!… \t[]()").strip()
        if not bare or len(bare) > 240 or len(words(bare)) > self.max_words:
            return False
        return _pattern(self.also).fullmatch(bare) is not None


@lru_cache(maxsize=4)
def _pattern(also: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{rule})" for rule in (*RULES, *also)), re.IGNORECASE)
