"""What walls, error pages, lists and stubs say, in the languages of the house.

General wording only: no host, no outlet, no product of one. Every pattern takes linear time.
"""

import re

QUOTE = re.compile(r"[\"“„«「][^\"”“»」]{35}")  # somebody is quoted, not only named
HAN = re.compile(r"[぀-ヿ㐀-鿿가-힯]")


def any_of(*phrases: str) -> re.Pattern[str]:
    """Compile phrases into one pattern that minds no case."""
    return re.compile("|".join(phrases), re.IGNORECASE)


def weight(text: str) -> int:
    """Return the length of a text in characters of a Latin script: a Han character counts as three."""
    return len(text) if text.isascii() else len(text) + 2 * len(HAN.findall(text))


# Where a page says in its title or heading that it is none.
ERROR_TITLE = any_of(
    r"^\W*(?:http )?(?:error|erreur|fehler|errore)?\W*(?:4[0-5][0-9]|50[0-9])\s*(?:$|[|:·–—-])",
    r"\b(?:error|erreur|fehler|http)\W{1,3}(?:4[0-5][0-9]|50[0-9])\b",
    (
        r"\b(?:4[0-5][0-9]|50[0-9])\W{1,3}(?:error|not found|forbidden|gone|too many|bad |service|"
        r"gateway|internal)"
    ),
    (
        r"\b(?:page|article|document|story) (?:was )?(?:not found|can(?:no|')t be found|no longer "
        r"available)"
    ),
    r"^\W*(?:access denied|forbidden|not found|service unavailable|bad gateway)\b",
    r"internal server error",
    (
        r"just a moment\W|attention required\W|are you a robot|pardon our interruption|security "
        r"check\W*$"
    ),
    r"page (?:introuvable|non trouvée)|(?:cette )?page n'existe",
    r"^\W*(?:accès refusé|site en maintenance)",
    (
        r"seite (?:nicht|wurde nicht|konnte nicht) gefunden|^\W*(?:zugriff verweigert|"
        r"wartungsarbeiten)"
    ),
    r"página no encontrada|página não encontrada|pagina non trovata",
    r"页面不存在|页面未找到|找不到(?:页面|网页|您)|您访问的页面|安全验证|访问(?:受限|被拒绝|过于频繁)",
)
# What such pages say to the reader; a report would say it of somebody.
ERROR_TEXT = any_of(
    (
        r"(?:can(?:'t|’t|not)|could ?n(?:'t|’t|ot)|unable to) (?:find|locate) (?:that|this|the) "
        r"(?:page|article|story)(?: you| requested|\W*$|[.!])"
    ),
    (
        r"(?:page|article|story|content|url|address) (?:that )?you(?: are|'re|’re| were| have)? "
        r"(?:looking for|requested|tried|trying|followed|seeking)"
    ),
    r"page (?:does ?n(?:'t|’t|ot) exist|has (?:been )?moved or)|there is nothing here",
    (
        r"this (?:article|story|page|content|post) (?:is no longer available|has been removed|has "
        r"been deleted|has expired)"
    ),
    r"(?:review|checking)[^.]{0,30}(?:security of your|site) connection",
    r"verify (?:that )?you(?: are|'re|’re) (?:a )?human",
    r"made us think (?:that )?you (?:were|are) a bot|unusual (?:traffic|activity) from",
    r"disable (?:any|your) ad ?blocker",
    r"encountered an internal error|don(?:'t|’t) have permission to access|you have been blocked",
    (
        r"access this website from a country belonging|not available in your (?:region|country|"
        r"location)"
    ),
    r"this domain (?:name )?(?:is|may be) for sale|buy this domain|domain (?:has )?expired",
    (
        r"(?:down for|undergoing|under) (?:scheduled |planned )?maintenance\W{0,3}(?:we|please|and|$|"
        r".{0,30}be back)"
    ),
    (
        r"fatal error\W{1,4}uncaught|stack trace:|error establishing a database connection|on line "
        r"\d+\s*$"
    ),
    r"page (?:que vous (?:recherchez|cherchez|demandez|avez demandée)|demandée) ",
    r"(?:cette|la) page n'existe (?:pas|plus)",
    r"(?:cet|l') ?article (?:que vous [^.]{0,20})?n'(?:est plus disponible|existe plus)",
    r"cet article a été (?:supprimé|retiré)",
    r"que vous n'êtes pas un robot|activité inhabituelle",
    r"(?:site|service) est (?:actuellement |momentanément )?en maintenance",
    r"(?:von ihnen )?(?:aufgerufene|gesuchte|angeforderte|gewünschte)n? (?:seite|artikel|inhalt)",
    (
        r"^\W*(?:die|diese|dieser) (?:seite|artikel|beitrag|inhalt) (?:existiert|ist|gibt es)(?: leider)? "
        r"nicht(?: mehr)?(?: verfügbar|\W)"
    ),
    (
        r"(?:seite|website|angebot|dienst) (?:ist )?(?:vorübergehend|derzeit|momentan) nicht "
        r"(?:erreichbar|verfügbar)"
    ),
    r"bestätigen sie, dass sie (?:ein mensch|kein roboter)|ungewöhnliche aktivitäten",
    r"la página que (?:busca|estás buscando|solicita)|a página que você",
    r"la pagina che (?:cerchi|stai cercando)",
    r"(?:您|你)(?:要|所)?(?:访问|查看|浏览|请求)的(?:页面|网页|文章|内容)|页面不存在|(?:文章|内容|页面)(?:不存在|已被?.{0,6}删除|已下线)",
    r"(?:请|需要)(?:先)?完成(?:安全)?验证|访问过于频繁|网络环境(?:存在)?异常|系统维护中|网站(?:正在)?维护",
)
# Their parts: of a page, that it is not there, said to a reader. All three in a few lines say it too.
_MISSING = (
    any_of(
        r"\b(?:page|article|content|story|link|address|url)\b",
        r"\b(?:seite|artikel|beitrag|inhalt|link)\b|\b(?:contenu|lien|adresse|document)\b",
        (
            r"\b(?:página|artículo|contenido|enlace|conteúdo|pagina|articolo|contenuto)\b|页面|网页|文章|内容|"
            r"链接"
        ),
    ),
    any_of(
        r"n['’]t\b|\bnot\b|no longer|\bgone\b|missing|expired|removed|deleted|\bnicht\b|\bkeine?\b",
        r"gelöscht|veraltet|abgelaufen",
        r"n['’](?:est|existe|a) |\bplus\b|\bpas\b|introuvable|indisponible|supprimé",
        r"\bno (?:existe|se|está)|\bnão\b|\bnon\b|不存在|无法|已被?删除|失效|找不到|没有找到",
    ),
    any_of(
        r"\b(?:home ?page|front page|sorry|oops|search (?:box|for|our|the)|mistyped|awkward)\b",
        r"\b(?:startseite|leider|suche|vertippt|tippfehler|entschuldig\w*)\b",
        r"(?:page d['’])?accueil\b|désolée?s?\b|oups|\bvotre recherche",
        r"\b(?:inicio|lo sentimos|buscador|siamo spiacenti|desculpe)\b|首页|主页|抱歉|对不起",
    ),
)


def says_missing(text: str) -> bool:
    """Tell a short text that apologises for what is not there."""
    return all(part.search(text) for part in _MISSING)


# Lists where an article should be.
LIST_TITLE = any_of(
    r"^\W*(?:search results?|results for|search\W*(?:$|[\"“:])|resultados? de (?:la )?búsqueda|risultati)\b",
    r"^\W*(?:résultats? (?:de (?:la |votre )?recherche|pour)|recherche\W*(?:$|[\"«“:]))",
    r"^\W*(?:suchergebnis(?:se)?\b|suche\W*(?:$|[\"„:]))",
    r"^\W*(?:tag|topic|archives?|category|thema|schlagwort|mot-clé|rubrique|catégorie)\W*[:»]",
    r"搜索结果|^\W*(?:标签|话题|专题列表)\W*[:：]",
)
LIST_PATH = re.compile(
    r"/(?:search|suche|recherche|rechercher|busca|buscar|buscador|cerca|tags?|topics?|schlagwort(?:e)?|stichwort|"
    r"mots?-cles?|so|label)(?:/|$|\.|\?)|/[?]s="
)
LIST_TYPES = frozenset(("collectionpage", "searchresultspage"))

# A wall asks by these words alone.
WALL = any_of(
    (
        r"(?:subscribe|sign in|sign up|log ?in|register|create (?:a|your) (?:free )?(?:account|"
        r"profile))(?: (?:now|today|for free))? (?:to|and) (?:continue|keep|read|unlock|access|view)"
    ),
    (
        r"(?:this|the) (?:article|content|story|page) is (?:reserved|only available|available only|"
        r"exclusive|(?:only )?for (?:paying )?subscribers)"
    ),
    (
        r"to (?:read|see|finish|unlock) (?:(?:the|this) )?(?:full |whole |entire |rest of (?:the|this) )?"
        r"(?:story|article|text),? (?:please )?(?:start|subscribe|sign|log|register|create|join|become)"
    ),
    r"for subscribers only|to continue reading,? (?:this|please|subscribe|log|sign|register)",
    r"(?:subscribe to )?unlock this (?:article|story)",
    (
        r"(?:you(?:'|’)?ve| you have|^you have) (?:reached|hit|used)(?: up)? (?:your|the|"
        r"all)[^.]{0,24}(?:limit|free (?:articles|stories))"
    ),
    r"(?:free|last free) articles? (?:limit )?(?:reached|used up)|while we verify access",
    r"(?:want|read) all of it\? subscribe",
    r"the rest of this (?:article|story) is",
    r"become a (?:paid )?(?:member|subscriber) to (?:read|continue|unlock)",
    (
        r"(?:cet |l')?(?:article|contenu) (?:est )?réservé (?:aux|à nos) abonnés|réservée? à nos "
        r"abonnés"
    ),
    r"(?:pour|et) (?:lire|découvrir|accéder à) la suite|la suite (?:de cet article )?est réservée",
    r"il vous reste .{1,20}% (?:de cet article )?à ",
    (
        r"(?:abonnez|inscrivez|connectez|identifiez)-vous (?:gratuitement )?pour (?:lire|continuer|"
        r"accéder|poursuivre|débloquer)"
    ),
    r"pour (?:poursuivre|continuer) (?:votre|la) lecture",
    r"weiterlesen mit|(?:nur|exklusiv) für (?:unsere )?abonnent",
    r"jetzt (?:mit [^.]{1,20} )?(?:freischalten|weiterlesen)",
    r"um weiterzulesen",
    (
        r"(?:registrieren|anmelden|einloggen|abonnieren)[^.]{0,12} und (?:sofort |gleich |direkt "
        r")?(?:weiter)?lesen"
    ),
    r"und (?:sofort|gleich|direkt) weiterlesen",
    r"(?:diesen|den ganzen|den vollständigen) artikel (?:lesen sie mit|mit einem)",
    r"sie haben (?:bereits ein abo|ihr limit)",
    r"contenido exclusivo para suscriptores|solo para suscriptores|suscríbete (?:para|y) ",
    r"(?:inicia sesión|regístrate) para (?:seguir|continuar|leer)",
    r"(?:sigue|sigu[ae] usted|continúa) leyendo (?:por|con|desde|gratis)",
    r"para seguir leyendo|conteúdo exclusivo para assinantes|assine para (?:ler|continuar)",
    r"abbonati per (?:leggere|continuare)|per continuare a leggere",
    r"付费(?:阅读|内容|文章)|(?:订阅|开通会员|成为会员|购买)后?(?:可|即可)?(?:继续)?(?:阅读|查看)",
    r"请?(?:先)?登录后?(?:可|即可)?(?:继续)?(?:阅读|查看)|剩余\s?\d+\s?%|未登录用户",
)
# Its parts: what is read, what it costs, and that there is more of it. All three in one line are a wall too.
_BEHIND = (
    any_of(
        (
            r"\b(?:read(?:ing|er)?|text|article|story|stories|post|content|archive)s?\b|"
            r"(?:weiter)?lesen\b"
        ),
        r"\b(?:artikel|text|inhalt|beitr[aä]g)\w*",
        r"\b(?:lire|lu|lecture|articles?|contenus?)\b",
        (
            r"\b(?:leggere|contenut[oi]|articol[oi]|leer|contenidos?|artículos?|ler|conteúdos?)\b|阅读|"
            r"全文|内容"
        ),
        r"查看",
    ),
    any_of(
        r"subscri\w+|\b(?:for|become|becoming) (?:a |our |paid |paying )?members?\b",
        r"membership|\bpaid\b|upgrade|\baccount\b|sign in|log ?in\b|registr|[€$£] ?\d|\d ?[€$£]",
        r"\beuros?\b|premium|pass\b|your e-?mail|\bfree (?:articles?|stor(?:y|ies))\b",
        (
            r"abonn\w+|\babos?\b|paket|\bkonto\b|\bzugang\b|e-paper|kunde\b|einloggen|anmelden|"
            r"\bcompte\b"
        ),
        r"connect(?:ez|er)\b|abbonat\w*|suscri\w+|assin\w+|会员|付费|登录|订阅|购买",
    ),
    any_of(
        r"\b(?:for|to) (?:our |paid |paying )*(?:subscribers|members)",
        r"\b(?:only|keep|continue|unlock|rest|whole|full|unlimited|exclusive|access|all)\b",
        r"no(?:thing)? more free|\b(?:left|remaining) this (?:week|month)\b",
        (
            r"\b(?:nur|ganzen?|vollständige[nr]?|exklusive?|weiter|weiterlesen|alle|unbegrenzt\w*|"
            r"vorbehalten)\b"
        ),
        r"réservée?s?|illimité|intégralité|\bsuite\b|\baccès\b|\btous\b|gratuits du",
        r"riservat[oi]|esclusiv\w|senza limiti|\btutti\b|exclusiv\w|sin límites|\btodos?\b|seguir",
        r"ilimitado|更多|继续|剩余|仅限|专享|全文",
    ),
)
# Who has an account reads on: a line that is nothing else stands on a wall, or in the head of a page.
MEMBER = re.compile(
    r"\W*(?:already (?:an? |have an? )?(?:account|subscriber|subscribed|member)"
    r"|(?:vous êtes )?déjà (?:abonnée?|inscrite?|membre)"
    r"|(?:sie sind )?(?:bereits|schon) (?:abonnent(?:in)?|registriert|kunde|mitglied)"
    r"|ya (?:soy|eres) suscriptora?|(?:sei )?già abbonat[oa]|já é assinante"
    r"|已(?:是|有)(?:会员|账号|订阅用户))"
    r"(?:\W{1,3}(?:please |hier |jetzt )?(?:(?:sign|log) ?in|connectez-vous|se connecter|identifiez-vous"
    r"|anmelden|einloggen|melden sie sich an|inicia sesión|accedi|entrar|请?登录)(?: here| hier)?)?\W{0,3}$",
    re.IGNORECASE,
)
_FREE = any_of(
    r"free (?:for all|to read|to all)|frei zugänglich|kostenfrei|für alle (?:frei|kostenlos)",
    r"accès libre|gratuit pour tous|libre acceso|免费阅读",
)


def is_behind(line: str) -> bool:
    """Tell a line that says that the rest must be paid for or asks for an account."""
    return all(part.search(line) for part in _BEHIND) and not _FREE.search(line)


# Offers are on every page of an outlet; they are evidence beside another sign only.
OFFER = any_of(
    r"already a (?:subscriber|member)|subscriber[- ]only|unlimited (?:digital )?access|free trial",
    r"cancel (?:anytime|any time|or change|or pause)",
    (
        r"\b(?:a|per) (?:month|week|year)\b|subscri(?:be|ption)|your trial|log ?in\b|sign in\b|your "
        r"plan"
    ),
    r"register\b",
    r"déjà abonnée?|abonnez-vous|s'abonner|sans engagement|par mois|mois offert",
    r"(?:créer|créez) un compte|se connecter",
    (
        r"bereits (?:abonnent|registriert|kunde|ein abo)|probe(?:abo|monat)|jederzeit kündbar|"
        r"digital-?abo"
    ),
    r"pro (?:monat|woche)|euro im monat|ihre vorteile",
    (
        r"\babo\b|jetzt (?:testen|registrieren|anmelden|abonnieren)|(?:hier|gleich) (?:anmelden|"
        r"einloggen)"
    ),
    r"kostenlosen konto",
    (
        r"ya eres suscriptor|suscrí|suscripción|inicia sesión|già abbonato|abbonamento|assinante|al "
        r"mes\b"
    ),
    r"会员|订阅|付费|登录|注册|单篇购买",
)
LOGIN = any_of(
    (
        r"^\W*(?:sign|log) ?in\b|forgot(?:ten)? (?:your )?password|enter your (?:e-?mail|password|"
        r"user)"
    ),
    r"don(?:'|’)t have an account",
    r"^\W*(?:connexion|connectez-vous|identifi(?:ez-vous|cation)|se connecter)|mot de passe oublié",
    r"pas encore inscrit",
    r"^\W*(?:anmelden|anmeldung|login|einloggen)\b|passwort vergessen",
    r"noch kein(?:en)? (?:konto|account)",
    r"^\W*(?:iniciar sesión|accedi|entrar)\b|contraseña|esqueceu|password dimenticata",
    r"^\W*(?:用户)?登录|忘记密码|还没有账号|立即注册",
)
PASSWORD = any_of(
    r"\bpass(?:word|wort|code)\b|mot de passe|contraseña|\bsenha\b|密码|口令",
)
# Stubs: there will be a text, or it stands elsewhere.
STUB = any_of(
    r"(?:this is a )?(?:developing|breaking)(?: news)? story",
    r"(?:story|article|page|report) (?:is being|will be|is) updated|check back (?:for|later|soon)",
    r"more (?:details )?to (?:come|follow)|more (?:details|information) (?:will|as)",
    r"we(?: will|'ll|’ll) (?:bring|update)",
    r"plus d'informations? (?:à venir|à suivre|dans)|article (?:sera|est) (?:mis à jour|en cours)",
    r"(?:détails|informations|précisions) suivront",
    r"(?:mehr|weitere (?:details|informationen|infos)) (?:in kürze|folgen|dazu in)|in kürze mehr",
    r"wird (?:laufend |fortlaufend )?aktualisiert",
    r"en breve|más información en|(?:noticia|información) en desarrollo|seguono aggiornamenti",
    r"notizia in aggiornamento",
    r"稍后(?:更新|报道|补充|发布)|(?:详情|更多消息|后续)[^。]{0,8}(?:更新|稍后|关注|跟进)|持续更新|正在更新",
)
_READ_ON = (
    r"continue reading|read (?:more|on|the (?:full|whole|entire|rest of the) .{1,20})|keep reading"
    r"|view the full .{1,12}|full (?:story|article)"
    r"|(?:lire|voir|découvrir) (?:la suite|l'article|l'intégralité)"
    r"|(?:weiter|den (?:ganzen|vollständigen|kompletten) \w{1,12} )lesen|weiterlesen"
    r"|zum (?:ganzen |vollständigen )?(?:artikel|beitrag)"
    r"|seguir leyendo|leer (?:más|la noticia|el artículo)|leia mais|continua a leggere|leggi tutto"
    r"|(?:打开客户端|下载客户端|打开app|点击)?(?:阅读|查看|点击)(?:原文|全文|更多|阅读全文)"
)
# A colon and a headline behind it: another article.
READ_ON = re.compile(
    rf"^\W*(?:{_READ_ON})(?:\b|(?<=[一-鿿]))(?!\s*[:：»](?:\s*\S+\s+){{2}}\S).{{0,60}}$", re.IGNORECASE
)
CUT_OFF = any_of(rf"(?:…|\.\.\.|\[…\]|\[\.\.\.\]|\(…\)|……)\W*(?:(?:{_READ_ON}|mehr)\W*)?$")
NEEDS_SCRIPT = any_of(
    r"(?:enable|activate|turn on|requires|without|need) (?:js|javascript)",
    r"javascript (?:is|must be|needs to be|has been) (?:disabled|enabled|required)",
    r"(?:activer|activez|nécessite) (?:le )?javascript|javascript est (?:désactivé|requis)",
    r"(?:aktivieren sie|erfordert|benötigt)[^.]{0,12} javascript",
    r"javascript (?:ist|muss)[^.]{0,30}(?:deaktiviert|aktivier)",
    r"(?:habilit|activ)[ae]r? (?:el )?javascript|启用javascript|开启javascript",
)
LOADING = re.compile(
    r"^\W*(?:loading|please wait|chargement(?: en cours)?|wird geladen|lädt|bitte warten|cargando|caricamento"
    r"|加载中|正在加载)\b.{0,20}$",
    re.IGNORECASE,
)
PART_HINT = re.compile(r"1\s?(?:of|sur|von|de|di|页|/|／)")  # a cheap look before the next
PART = re.compile(
    r"\b(?:page|seite|página|pagina|teil)\s?1\s?(?:of|sur|von|de|di|/)\s?(?:[2-9]|[1-9]\d)(?!\d)|第\s?1\s?页?\s?[/／]?\s?共\s?(?:[2-9]|[1-9]\d)\s?页",
    re.IGNORECASE,
)
