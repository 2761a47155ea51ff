"""What an extracted text is worth, and the evidence for it.

A verdict is reached from the page alone: how much running text there was, what the page says of
itself, and phrases that walls and error pages use. It knows no host.
"""

import re
from dataclasses import dataclass

from aggregator.extract.page import Statements
from aggregator.model import Quality

_HAN = re.compile(r"[぀-ヿ㐀-鿿가-힯]")


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


_ERROR_TITLE = _any(
    r"^\W*(?:http )?(?:error|erreur|fehler|errore)?\W*(?:40[0-9]|410|50[0-4])\s*(?:$|[|:·–—-])",
    r"\b(?:error|erreur|fehler|http)\W{1,3}(?:40[0-9]|410|50[0-4])\b",
    r"\b(?:40[0-9]|410|50[0-4])\W{1,3}(?:error|not found|forbidden)",
    r"\b(?:page|article|document|story) (?:was )?(?:not found|can(?:no|')t be found|no longer available)",
    r"^\W*(?:access denied|forbidden|not found|service unavailable)\b|internal server error",
    r"just a moment\W|attention required\W|are you a robot",
    r"page (?:introuvable|non trouvée)|(?:cette )?page n'existe",
    r"seite (?:nicht|wurde nicht|konnte nicht) gefunden",
    r"página no encontrada|página não encontrada|pagina non trovata",
    r"页面不存在|页面未找到|找不到(?:页面|网页|您)|您访问的页面",
)
_CONSENT = _any(
    r"cookies?\b|consent|\bgdpr\b|privacy policy|\bour (?:\d+ )?partners\b|legitimate interest|accept all",
    r"personali[sz]ed (?:ads|advertising|content)",
    r"traceurs?|consentement|\brgpd\b|nos (?:\d+ )?partenaires|publicité personnalisée|tout accepter",
    r"politique de confidentialité|continuer sans accepter",
    r"einwilligung|zustimm|datenschutz|\bdsgvo\b|unsere (?:\d+ )?partner|alle akzeptieren|personalisierte",
    r"datos personales|隐私政策|同意",
)
_PAYWALL = _any(
    r"(?:subscribe|sign in|log ?in|register) (?:now )?(?:to|and) (?:continue|read|keep|unlock|access)",
    r"(?:this|the) (?:article|content|story) is (?:reserved|only available|exclusive|for subscribers)",
    r"for subscribers only|subscriber[- ]only|already a subscriber|to continue reading|unlock this article",
    r"you have reached your (?:article )?limit",
    r"(?:article|contenu) (?:est )?réservé aux abonnés|réservée? à nos abonnés",
    r"déjà abonné|pour lire la suite",
    r"la suite (?:de cet article )?est réservée|il vous reste .{1,20}% de cet article",
    r"abonnez-vous pour (?:lire|continuer|accéder)",
    r"weiterlesen mit|nur für abonnenten|jetzt (?:freischalten|weiterlesen)|exklusiv für abonnenten",
    r"sie haben bereits ein abo",
    r"contenido exclusivo para suscriptores|suscríbete para|solo para suscriptores",
    r"付费阅读|订阅后(?:阅读|可)|登录后(?:阅读|查看)全文",
)
_READ_ON = (
    r"continue reading|read (?:more|on|the full .{1,20})|lire la suite|weiterlesen|mehr"
    r"|seguir leyendo|leia mais|阅读全文|查看全文"
)
_CUT_OFF = _any(rf"(?:…|\.\.\.|\[…\]|\[\.\.\.\]|\(…\)|……)\W*(?:(?:{_READ_ON})\W*)?$")
_SHORT = 200  # characters; Han texts need a third
_LONG = 2500


@dataclass(frozen=True, slots=True)
class Facts:
    """What the verdict is reached from."""

    text: str
    titles: tuple[str, ...]
    visible: str  # the start of all text of the page, for phrases that were cut
    statements: Statements
    running: int  # characters of running text on the pruned page
    is_rescued: bool  # the uncut page had to be used
    has_lost_cards: bool


def judge(facts: Facts) -> tuple[Quality, tuple[str, ...]]:
    """Return the verdict and its evidence, strongest first."""
    text = facts.text
    size = weight(text)
    if size < _LONG / 2:
        for title in facts.titles[:3]:
            if _ERROR_TITLE.search(title):
                return Quality.ERROR_PAGE, (f"the page calls itself “{title[:80]}”",)
    if size < _LONG:
        about = [
            part for part in text.split("\n\n") if len({word.lower() for word in _CONSENT.findall(part)}) >= 2
        ]
        share = sum(map(len, about)) / max(len(text), 1)
        if share > 0.6:
            return Quality.CONSENT_WALL, (f"{share:.0%} of the text asks for consent to cookies or data use",)
    evidence: list[str] = []
    phrase = _PAYWALL.search(facts.visible) if size < _LONG / 2 else None
    is_cut_off = breaks_off(text)
    is_longer = facts.statements.body_length > 1.5 * len(text)
    if facts.statements.is_free is False:
        evidence.append("the page says that it is not accessible for free (JSON-LD)")
    if phrase:
        evidence.append(f"the page asks to subscribe: “{phrase.group()[:80]}”")
    if is_longer:
        evidence.append(
            f"{facts.statements.body_length} characters of text are stated (JSON-LD), {len(text)} are there"
        )
    if is_cut_off:
        evidence.append(f"the text breaks off: “{text[-40:].strip()}”")
    if (facts.statements.is_free is False and (size < _LONG or is_cut_off or is_longer)) or (
        phrase and size < _LONG / 2
    ):
        return Quality.PAYWALL, tuple(evidence)
    if size < _SHORT or (is_cut_off and size < _LONG / 2):
        return Quality.TEASER, (*evidence, f"{len(text)} characters of text")
    if is_longer or is_cut_off:
        return Quality.PARTIAL, tuple(evidence)
    if facts.has_lost_cards and size < 500:
        return Quality.PARTIAL, ("short, and cards were cut from inside the article",)
    if len(text) < 0.3 * facts.running:
        return Quality.PARTIAL, (f"{len(text)} of {facts.running} characters of running text were taken",)
    evidence.append("the uncut page was read" if facts.is_rescued else "the article was found whole")
    return Quality.FULL, tuple(evidence)


def breaks_off(text: str) -> bool:
    """Tell whether a text ends in an ellipsis or an invitation to read on elsewhere."""
    return _CUT_OFF.search(text[-120:]) is not None


def weight(text: str) -> int:
    """Return the length of a text in characters of a Latin script: a Han character counts as three."""
    return len(text) + 2 * len(_HAN.findall(text))
