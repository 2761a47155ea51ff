"""Invented wire texts in three languages, with what outlets make of them."""

FINE_EN = """\
OSLO — Norway's data protection authority has ordered grocery chain Fjordmat to pay 4.2 million \
kroner after finding that its loyalty app sent shopping lists to three advertising firms without \
consent.

The practice went on for eleven months, the authority said, and touched about 310,000 members. \
Fjordmat must delete the data it passed on and report back by March 14. The company, which is owned \
by the Haugland family, said that it accepted the findings but would ask for a lower penalty."""

REWRITE_EN = """\
Norway's data protection watchdog has ordered the grocery chain Fjordmat to pay 4.2 million kroner, \
after it found that the loyalty app sent shopping lists to three advertising firms without any \
consent.

It went on for eleven months, according to the authority, and touched about 310,000 members. \
Fjordmat has to delete the data it passed on and to report back by March 14. The company, owned by \
the Haugland family, accepted the findings but said it would ask for a lower penalty."""

TEMPLATE_EN = """\
OSLO — Norway's data protection authority has ordered furniture maker Lundby to pay 1.7 million \
kroner after finding that its loyalty app sent wish lists to five advertising firms without consent.

The practice went on for six months, the authority said, and touched about 85,000 members. Lundby \
must delete the data it passed on and report back by April 2. The company, which is owned by the \
Eriksen family, said that it accepted the findings but would ask for a lower penalty."""

FINE_FR = """\
LYON — L'Autorité de la concurrence a infligé jeudi une amende de 12,4 millions d'euros au fabricant \
de skis Valmeige, accusé d'avoir fixé les prix de ses revendeurs pendant quatre saisons.

L'enquête, ouverte après la plainte d'un magasin de Chamonix, a montré que la société retirait ses \
remises aux détaillants qui vendaient moins cher en ligne. Valmeige devra publier la décision dans \
deux journaux avant le 30 juin. L'entreprise, qui emploie 640 personnes, a annoncé qu'elle ferait \
appel."""

REWRITE_FR = """\
L'Autorité de la concurrence a condamné ce jeudi le fabricant de skis Valmeige à une amende de 12,4 \
millions d'euros, pour avoir fixé les prix de ses revendeurs pendant quatre saisons.

L'enquête, ouverte à la suite de la plainte d'un magasin de Chamonix, a montré que le groupe \
supprimait ses remises aux détaillants qui vendaient moins cher en ligne. Valmeige doit publier la \
décision dans deux journaux avant le 30 juin. L'entreprise, qui compte 640 salariés, a annoncé son \
intention de faire appel."""

TEMPLATE_FR = """\
LYON — L'Autorité de la concurrence a infligé jeudi une amende de 3,1 millions d'euros au fabricant \
de vélos Corbière, accusé d'avoir fixé les prix de ses revendeurs pendant deux saisons.

L'enquête, ouverte après la plainte d'un magasin de Dijon, a montré que la société retirait ses \
remises aux détaillants qui vendaient moins cher en ligne. Corbière devra publier la décision dans \
deux journaux avant le 15 septembre. L'entreprise, qui emploie 210 personnes, a annoncé qu'elle \
ferait appel."""

FINE_ZH = """\
青川市交通局昨日公布处理结果,网约车平台“轻舟出行”因派单给无证司机,被处以六十八万元罚款,并须在二\
十日内完成整改。

执法人员上月抽查三百五十辆车,发现四十一名司机没有从业资格证。平台负责人表示接受处罚,将逐一核对司机\
资料,并退还乘客多付的费用。交通局说,此后每季度复查一次,结果向社会公开。"""

REWRITE_ZH = """\
青川市交通局昨日公布了处理结果:网约车平台“轻舟出行”因派单给无证司机,被处以68万元罚款,并必须在\
二十日内完成整改。

执法人员上个月抽查三百五十辆车,发现四十一名司机没有从业资格证。平台负责人表示接受处罚,会逐一核对司\
机资料,退还乘客多付的费用。交通局称,此后每季度复查一次,结果将向社会公开。"""

TEMPLATE_ZH = """\
白桥市交通局昨日公布处理结果,网约车平台“快雁出行”因派单给无证司机,被处以二十三万元罚款,并须在十\
五日内完成整改。

执法人员上月抽查一百二十辆车,发现十六名司机没有从业资格证。平台负责人表示接受处罚,将逐一核对司机资\
料,并退还乘客多付的费用。交通局说,此后每季度复查一次,结果向社会公开。"""
