"""Text that asks for consent to cookies, told from text that reports on them.

Who asks speaks for himself ("we and our 612 partners", "this website uses cookies") and to the
reader; who reports does neither, however often cookies and consent are named. Knows no consent
manager and no site.
"""

import re
from collections.abc import Sequence

from aggregator.extract.phrases import any_of, weight
from aggregator.model import Asking

# Who asks speaks in the first person, or of the site that one is on.
_ASKS = any_of(
    r"\b(?:third parties|partners|vendors)[^.]{0,24} use (?:technologies|cookies|trackers)",
    r"\bwir und (?:unsere |bis zu )?[\d.]{0,6} ?(?:partner|drittanbieter|anbieter)",
    r"mit werbung und (?:cookies|tracking)|werbung und tracking (?:weiter)?lesen",
    r"\b(?:we|us) and (?:our|up to|\d)[^.]{0,30}(?:partners|vendors)",
    r"\bour [\d,.]{0,6} ?(?:advertising )?(?:partners|vendors)",
    r"\bcookies help us",
    (
        r"\bwe(?: will| also| and our partners| would like to){0,2} use (?:[a-z-]+ )?(?:cookies|"
        r"trackers)"
    ),
    r"\b(?:this|our) (?:web)?site (?:also )?uses (?:[a-z]+ )?cookies",
    r"by (?:clicking|continuing)[^.]{0,60}you (?:agree|consent|accept)",
    r"\b(?:nos|ses) (?:[\d ]{1,6} )?partenaires (?:et nous|utilis|trait|stock|dépos|de)",
    r"\bet (?:nos|ses) (?:[\d ]{1,6} )?partenaires (?!publicit)",
    r"nous utilis(?:ons|erons|ions)[^.]{0,20} (?:cookies|traceurs)",
    r"vous (?:n'|n’)?avez (?:pas accepté|refusé) (?:les|nos|ces) (?:cookies|traceurs)",
    r"ce site utilise des (?:cookies|traceurs)",
    r"\bunsere[nr]? (?:[\d.]{1,6} )?(?:\w+)?partnern?\b",
    r"\bunsere[nr]? (?:[\d.]{1,6} )(?:drittanbieter|anbieter)",
    r"\bwir (?:und [^.]{0,30} )?(?:verwenden|nutzen|setzen|benutzen)[^.]{0,40}cookies",
    r"(?:verwenden|nutzen|setzen) wir[^.]{0,40}cookies",
    r"diese (?:website|webseite|seite) (?:verwendet|nutzt|benutzt|setzt)[^.]{0,20}cookies",
    r"nuestros (?:[\d.]{1,6} )?(?:socios|proveedores)|utilizamos cookies",
    r"este sitio (?:web )?utiliza cookies",
    r"(?<!\w)(?:acept[ae]|aceptar) (?:todas )?(?:las|nuestras) cookies [^.]{0,60}\bsuscr[ií]b",
    r"i nostri (?:[\d.]{1,6} )?(?:partner|fornitori)|utilizziamo (?:i )?cookie",
    r"questo sito utilizza (?:i )?cookie",
    r"nossos (?:[\d.]{1,6} )?parceiros|usamos cookies|onze (?:[\d.]{1,6} )?partners",
    r"wij gebruiken cookies",
    r"(?:我们|本网站|本站)[^。]{0,12}(?:使用|利用)[^。]{0,4}cookie|我们的?合作伙伴",
)
_TOPICS = (
    any_of(
        r"\bcookies?\b|trackers?\b|traceurs?|\btracking|cookie",
    ),
    any_of(
        r"\b(?:accept|reject|allow) (?:all|cookies|&|and)",
        r"manage (?:settings|options|preferences|choices|consent)|preference cent",
        (
            r"tout (?:accepter|refuser)|(?:accepter|refuser) (?:et|&)|continuer sans accepter|"
            r"paramétrer"
        ),
        (
            r"alle (?:akzeptieren|ablehnen|zulassen)|akzeptieren und weiter|nur (?:essenzielle|"
            r"notwendige)"
        ),
        r"zustimmen",
        r"(?:accepté|refusé) (?:les|nos|ces) (?:cookies|traceurs)",
        r"acept[ae]r? (?:todas )?(?:las|nuestras) cookies",
        r"aceptar (?:todo|y continuar)|rechazar (?:todo|y )|accetta (?:tutti|e continua)|rifiuta",
        r"aceitar|akkoord",
        r"全部接受|全部拒绝|管理选项|接受所有|同意并继续",
    ),
    any_of(
        r"your (?:consent|choices|personal data|device)|withdraw|about your privacy",
        r"legitimate interest|privacy (?:policy|preference|notice|settings)",
        r"votre (?:consentement|accord|choix|vie privée)|vos (?:choix|données)|intérêt légitime",
        r"confidentialité",
        r"ihre?[rnms]? (?:einwilligung|einverständnis|zustimmung|daten|auswahl|privatsphäre)",
        r"berechtigte[sn]? interesse|datenschutz(?:erklärung|hinweis)",
        r"privatsphäre-einstellungen|tus? (?:consentimiento|privacidad|opciones)|interés legítimo",
        r"política de privacidad",
        r"il tuo consenso|privacy policy|隐私(?:政策|设置)|撤回同意|您同意|您的(?:隐私|设备|个人)",
    ),
    any_of(
        r"personali[sz]ed (?:ads|advertising|content)|audience (?:research|insights|measurement)",
        r"information on (?:a|your) device",
        r"(?:publicités?|contenus?|annonces)(?: et (?:du )?contenus?)? personnalisée?s?",
        r"mesure[rs]? (?:d'audience|de performance|l'audience|l'engagement)",
        r"personalisierte[rn]? (?:anzeigen|werbung|inhalte)|auf (?:ihrem|einem) (?:gerät|endgerät)",
        r"werbetracking|zielgruppen",
        r"(?:publicidad|anuncios)[^.]{0,20} personalizad|annunci personalizzati|个性化(?:广告|内容)|衡量广告",
    ),
)
_READER = any_of(
    (
        r"\b(?:you|your|we|our|us)\b|\b(?:vous|votre|vos|nous|notre|nos)\b|\b(?:wir|uns|"
        r"unsere?[mnrs]?)\b"
    ),
    r"\bIhre?[mnrs]?\b",
    r"\b(?:tu|tus|nosotros|nuestr[oa]s?|puedes)\b|您|我们",
)
_WORDS = (
    "cookie",
    "track",
    "traceur",
    "partner",
    "anbieter",
    "partenaire",
    "third part",
    "socios",
    "parceiros",
    "合作伙伴",
)
_FORMAL = re.compile(r"\b(?:Sie|Ihnen)\b")
_SAYS = (
    r"\b(?:estime|rappelle|calcule|affirme|indique|précise|souligne|assure|résume|prévient|promet) l[ea'’]"
)
_SAID = any_of(
    r"\b(?:said|says|told|announced|reported|warned|asked|urged|argued|joked|wrote|claimed|according to)\b",
    r"\b(?:sagte|sagt|teilte|erklärte|kündigte|warnte|forderte|schrieb|betonte|laut|zufolge)\b",
    r"\b(?:a (?:déclaré|annoncé|dit|indiqué|lancé|expliqué|affirmé|prévenu|estimé|ajouté)|selon)\b",
    _SAYS,
    r"\b(?:dijo|según|anunció|explicó|advirtió|afirmó|señaló|ha detto|secondo|disse|segundo|anunciou)\b",
    r"表示|宣布|指出|透露|通报|据.{1,20}(?:报道|介绍)",
)
_OPENING = 12  # characters within which a wall comes to the point
_ENDS = re.compile(r"[.!?。！？][\"'”’»“)）」』]{0,2}$")
_LABEL = 60
_PROSE = 80  # weight of a paragraph that may be the article's
_ENOUGH = 150  # weight of prose beside a banner that makes an article
_LONG = 3000  # a longer paragraph asks for nothing
_QUOTES = tuple("\"'“„«‘‚»「『")


def asking(blocks: Sequence[str]) -> Asking:
    """Find the blocks (paragraphs, list items) that ask the reader for consent."""
    # Who asks must be there before topics are looked for: most texts are done here.
    if not any(_ASKS.search(text) for text in blocks if _is_worth_a_look(text)):
        return Asking((), is_wall=False)
    found: list[int] = []
    topics: set[int] = set()
    sample = ""
    prose = spoken = told = 0
    has_button = False
    for number, text in enumerate(blocks):
        hits = (
            {index for index, topic in enumerate(_TOPICS) if topic.search(text)}
            if len(text) <= _LONG
            else set()
        )
        asks = _ASKS.search(text) if hits else None
        is_quoted = asks is not None and _is_quoted(text, asks.start())
        asks = None if is_quoted else asks
        is_speech = speaks(text) and not is_quoted
        if asks and text[:1] not in _QUOTES:
            sample = sample or asks.group()
        if asks or (hits and is_speech):
            topics |= hits
            spoken += weight(text)
        elif weight(text) >= _PROSE and _ENDS.search(text) and not is_speech:
            told += weight(text)
            prose += 0 if hits else weight(text)
        is_banner = asks is not None and asks.start() < _LABEL and text[:1] not in _QUOTES
        is_button = len(text) <= _LABEL and 1 in hits
        has_button |= is_button
        goes_on = bool(found) and found[-1] == number - 1 and bool(hits) and is_speech
        if is_banner or is_button or goes_on or (is_speech and len(hits) >= 3):
            found.append(number)
    if not sample:
        return Asking((), is_wall=False)
    is_wall = len(topics) > 1 and prose < _ENOUGH and spoken >= _LABEL
    is_report = told >= spoken and not has_button
    return Asking(tuple(found), is_wall, " ".join(sample.split())[:80], is_report)


def _is_worth_a_look(text: str) -> bool:
    if len(text) > _LONG:
        return False
    small = text.lower()
    return any(word in small for word in _WORDS)


def _is_quoted(text: str, start: int) -> bool:
    """Tell a sentence that quotes a banner: words of its own stand before the opening quote."""
    return start > _OPENING and text[:start].rstrip().endswith(_QUOTES)


def mentions(blocks: Sequence[str]) -> str:
    """Return the words by which a page speaks of consent at all, for pages that are no article anyhow."""
    found = [hit.group() for topic in _TOPICS if (hit := topic.search("\n".join(blocks)[:_LONG]))]
    return ", ".join(found) if len(found) > 1 else ""


def speaks(text: str) -> bool:
    """Tell a text in the first or second person."""
    return _READER.search(text) is not None or _FORMAL.search(text) is not None


def is_told(text: str, start: int = _LABEL, *, is_first: bool = False) -> bool:
    """Tell a sentence that reports of somebody what a wall would say, with its words at `start`.

    It speaks to nobody, and says who said so, unless it opens the text.
    """
    if start < _OPENING or weight(text) < _PROSE or not _ENDS.search(text) or speaks(text):
        return False
    return is_first or is_reported(text)


def is_reported(text: str) -> bool:
    """Tell a whole sentence that says who said so."""
    return _ENDS.search(text) is not None and _SAID.search(text) is not None
