"""How the page looks: light and dark as the reader's screen is, narrow and wide, and on paper."""

STYLE = """
:root{color-scheme:light dark;--page:#fff;--ink:#1f2328;--soft:#59636e;--rule:#d1d9e0;--box:#f6f8fa;
--blue:#0969da;--orange:#bc4c00;--green:#1a7f37;--red:#cf222e;--violet:#8250df;--heat:9 105 218;--miss:207 34 46}
@media(prefers-color-scheme:dark){:root{--page:#0d1117;--ink:#e6edf3;--soft:#9198a1;--rule:#3d444d;--box:#151b23;
--blue:#4493f8;--orange:#f0883e;--green:#3fb950;--red:#f85149;--violet:#ab7df8;--heat:68 147 248;--miss:248 81 73}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,"Segoe UI",Roboto,sans-serif;
overflow-wrap:break-word}
main{max-width:1120px;margin:0 auto;padding:24px 20px 64px}
h1{font-size:1.7rem;line-height:1.25;margin:0 0 4px}
h2{font-size:1.25rem;margin:44px 0 10px;padding-bottom:6px;border-bottom:1px solid var(--rule)}
h3{font-size:1rem;margin:20px 0 6px}
p{margin:0 0 10px;max-width:80ch}
.note{color:var(--soft);font-size:.9rem}
.told{border-left:4px solid var(--blue);background:var(--box);padding:8px 14px;max-width:none}
.told.bad{border-color:var(--red)}.told.good{border-color:var(--green)}
.verdict{display:flex;flex-wrap:wrap;gap:10px;margin:16px 0;padding:0;list-style:none}
.verdict li{background:var(--box);border:1px solid var(--rule);border-radius:8px;padding:8px 13px}
.verdict b{display:block;font-size:1.6rem;line-height:1.2;font-variant-numeric:tabular-nums}
.verdict span{color:var(--soft);font-size:.85rem}
nav{font-size:.9rem;line-height:1.9;margin-top:12px}
nav a{margin-right:14px;white-space:nowrap}
a{color:var(--blue)}
code,pre,.code{font:.86rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.scroll{overflow-x:auto;max-width:100%;margin:8px 0 12px}
table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums}
th,td{padding:4px 10px;text-align:left;border-bottom:1px solid var(--rule);white-space:nowrap;vertical-align:middle}
th{font-weight:600}thead th{color:var(--soft);vertical-align:bottom}
.n{text-align:right}
tr.total td,tr.total th{border-top:2px solid var(--rule);font-weight:600}
.grid2{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:20px 28px}
figure{margin:0;min-width:0}
figcaption{font-weight:600;font-size:.92rem;margin-bottom:4px}
svg.chart{display:block;width:100%;height:auto;max-width:620px}
svg.chart text{font:12px system-ui,"Segoe UI",Roboto,sans-serif;fill:var(--soft)}
.chart .grid{stroke:var(--rule);stroke-width:1}
.chart .axis{stroke:var(--soft);stroke-width:1}
.chart .line{fill:none;stroke-width:2;stroke-linejoin:round}
.line.a{stroke:var(--blue)}.dot.a{fill:var(--blue)}.key.a{background:var(--blue)}
.line.b{stroke:var(--orange)}.dot.b{fill:var(--orange)}.key.b{background:var(--orange)}
.line.c{stroke:var(--violet)}.dot.c{fill:var(--violet)}.key.c{background:var(--violet)}
.legend{display:flex;flex-wrap:wrap;gap:2px 16px;font-size:.85rem;color:var(--soft);margin:2px 0 0 8px}
.key{display:inline-block;width:18px;height:3px;border-radius:2px;margin-right:6px;vertical-align:middle}
.pixels{image-rendering:pixelated;image-rendering:crisp-edges;image-rendering:pixelated;display:block;
background:var(--box);max-width:none}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.5rem,1fr));gap:12px 10px;margin:8px 0 12px}
.tiles figure{font-size:.8rem;color:var(--soft);line-height:1.35}
.tiles figcaption{font-weight:400;font-size:.8rem;margin:4px 0 0}
.tiles.small{display:flex;flex-wrap:wrap}
.maps>img{margin-bottom:10px}.maps figcaption{font-weight:400;font-size:.8rem;color:var(--soft);margin:0}
.maps .scroll{margin:3px 0 10px}.maps b{color:var(--ink)}
.note{margin-top:10px}
.tiles b{color:var(--ink)}
.heat td{text-align:right;border:1px solid var(--page);padding:3px 7px}
.heat th{text-align:right;border:0;padding:3px 7px}
.bar{display:inline-block;width:120px;height:10px;background:var(--rule);border-radius:2px;vertical-align:middle;
margin-right:8px;overflow:hidden}
.bar i{display:block;height:100%;background:var(--blue)}
.picture{display:block;max-width:none;border-radius:6px}
details{margin:10px 0}summary{cursor:pointer;color:var(--blue)}
pre{background:var(--box);border:1px solid var(--rule);border-radius:8px;padding:12px 14px;overflow-x:auto;margin:8px 0}
pre .k{color:var(--violet)}pre .l{color:var(--blue);font-weight:600}pre .d{color:var(--orange)}
pre .s{color:var(--green)}pre .c{color:var(--soft);font-style:italic}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 18px;margin:8px 0;font-size:.92rem}
dt{color:var(--soft)}dd{margin:0;min-width:0;overflow-wrap:anywhere}
@media(max-width:560px){main{padding:16px 14px 48px}h1{font-size:1.35rem}.verdict b{font-size:1.3rem}
.verdict li{flex:1 1 40%}th,td{padding:4px 8px}dl{grid-template-columns:1fr}dt{margin-top:6px}}
@media print{:root{color-scheme:light}main{max-width:none;padding:0}nav{display:none}section{break-inside:auto}
figure,tr,pre{break-inside:avoid}h2{break-after:avoid}.scroll,pre{overflow:visible;white-space:pre-wrap}
.bar,.bar i,.heat td,.key{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""
