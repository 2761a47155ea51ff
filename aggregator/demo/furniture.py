"""What stands around the articles of the demo web, in three languages: invented, misleading on purpose.

It holds words only; `pages` decides where they go.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Furniture:
    """The words of a page that belong to no article."""

    nav: tuple[str, ...]
    cookie: str
    accept: str
    refuse: str
    share: str
    copy_link: str
    more: str
    letter: str
    letter_text: str
    subscribe: str
    most_read: str
    popular: tuple[str, ...]  # headlines of other articles, some about the regulation of Alibaba
    foot: tuple[str, ...]
    date: str  # for str.format, with the instant as `at`


FURNITURE = {
    "en": Furniture(
        nav=("Front page", "Business", "Technology", "Law", "Culture", "Weather", "Podcast"),
        cookie="We and our 431 partners would like to read what you read. You may change your mind at any "
        "time under the General Data Protection Regulation.",
        accept="Agree",
        refuse="Only what is needed",
        share="Share this story",
        copy_link="Copy the address",
        more="More from us",
        letter="Seven at seven",
        letter_text="Seven stories by seven in the morning, in your inbox, free of charge.",
        subscribe="Subscribe",
        most_read="Most read",
        popular=(
            "Alibaba and the antitrust watchdog: four years in ten dates",
            "What a new Ant Group inquiry would mean for your wallet",
            "The best soups for a wet Sunday",
            "AliExpress under investigation: five questions",
            "Crossword 2,114",
        ),
        foot=("About us", "Privacy", "Terms", "Corrections", "Jobs"),
        date="{at:%d %B %Y, %H:%M} UTC",
    ),
    "fr": Furniture(
        nav=("À la une", "Économie", "Numérique", "Droit", "Culture", "Météo", "Audio"),
        cookie="Nos 388 partenaires et nous aimerions savoir ce que vous lisez. Vous pouvez changer d'avis à "
        "tout moment, comme le prévoit le RGPD.",
        accept="J'accepte",
        refuse="Le strict nécessaire",
        share="Partager l'article",
        copy_link="Copier l'adresse",
        more="Dans la même rubrique",
        letter="La lettre de sept heures",
        letter_text="L'essentiel de l'actualité dans votre boîte, chaque matin à sept heures.",
        subscribe="Je m'inscris",
        most_read="Les plus lus",
        popular=(
            "Alibaba face au gendarme de la concurrence : quatre ans en dix dates",
            "Ant Group : ce que changerait une nouvelle enquête du régulateur",
            "Les meilleures soupes pour un dimanche de pluie",
            "AliExpress sous enquête : cinq questions",
            "Mots croisés, grille 2 114",
        ),
        foot=("Qui sommes-nous", "Données personnelles", "Mentions légales", "Corrections", "Emploi"),
        date="{at:%d/%m/%Y %H:%M} UTC",
    ),
    "zh": Furniture(
        nav=("首页", "财经", "科技", "法治", "文化", "天气", "音频"),
        cookie="本站使用Cookie改进服务，继续浏览即表示同意我们的隐私政策。",
        accept="同意",
        refuse="仅必要",
        share="分享本文",
        copy_link="复制链接",
        more="更多内容",
        letter="早七点",
        letter_text="每天早上七点，把重要新闻送到您的邮箱。",
        subscribe="订阅",
        most_read="点击排行",
        popular=(
            "阿里巴巴与反垄断执法：四年十个日子",
            "蚂蚁集团若再被查，你的钱包会怎样",
            "雨天里的五道热汤",
            "速卖通被立案调查：五个问题",
            "本周填字游戏",
        ),
        foot=("关于我们", "隐私政策", "使用条款", "更正启事", "招聘"),
        date="{at.year}年{at.month}月{at.day}日 {at:%H:%M} UTC",
    ),
}
