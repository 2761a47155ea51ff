"""The style sheet that makes a feed readable for whoever opens it in a browser.

Plain CSS, since browsers give up XSLT. It shows titles, dates and summaries; the full texts stand in
feeds as escaped HTML, which no style sheet can lay out, and are left to readers and the page.
"""

STYLE = b"""@namespace atom "http://www.w3.org/2005/Atom";
@namespace html "http://www.w3.org/1999/xhtml";
:root {
  color-scheme: light dark; display: block; max-width: 42rem; margin: 0 auto; padding: 1.5rem 1rem;
  font: 1.05rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere;
}
/* XML cannot tell a phone how wide to lay it out, and 980 px are shrunk to its width: write larger. */
@media (max-device-width: 600px) { :root { max-width: none; font-size: 2.5rem } }
/* Nothing is shown but what is named below. */
* { display: none }
channel { display: block }
:root > html|div, channel > html|div {
  display: block; margin: 1rem 0; padding: .6rem .9rem; border: 1px solid #8886; border-radius: .4rem;
}
html|div > html|a { display: inline; color: LinkText }
:root > atom|title, channel > title { display: block; font-size: 1.5rem; font-weight: bold }
:root > atom|subtitle, channel > description { display: block }
atom|entry, item { display: block; padding: .9rem 0; border-top: 1px solid #8886 }
atom|entry > atom|title, item > title { display: block; font-size: 1.15rem; font-weight: bold }
atom|entry > atom|author, atom|entry > atom|published, item > creator, item > pubDate {
  display: block; font-size: .85rem; opacity: .75;
}
atom|author > atom|name { display: inline }
atom|entry > atom|summary, item > description { display: block }
"""
