"use strict";
(() => {
  const data = JSON.parse(document.getElementById("series").textContent);
  const figures = [...document.querySelectorAll("figure")];
  const hours = data.minutes >= 90;
  const states = { A: "ALARM", O: "OK", I: "INSUFFICIENT_DATA" };
  let shown = -1;

  const clock = m => hours ? Math.floor(m / 60) + ":" + String(m % 60).padStart(2, "0") : m + "m";
  const minute = i => Math.floor(i * data.minutes / data.bins);

  const time = i => {
    const first = minute(i) + 1, last = Math.max(minute(i + 1), first);
    return clock(first) + (last > first ? "–" + clock(last) : "");
  };

  const span = text => {
    const s = document.createElement("span");
    s.textContent = text;
    return s;
  };

  const values = (s, i) => {
    if (i >= s.waiting.length) return ["over: all was done before"];
    return [
      s.waiting[i].toLocaleString("en") + " waiting", s.running[i].toLocaleString("en") + " in flight",
      s.inService[i] + " in service", s.desired[i] + " desired",
      ...s.alarms.filter(a => states[a.states[i]]).map(a => a.name + ": " + states[a.states[i]]),
    ];
  };

  const cross = (svg, i) => {
    let line = svg.querySelector(".cross");
    if (!line) {
      line = document.createElementNS("http://www.w3.org/2000/svg", "line");
      line.setAttribute("class", "cross");
      line.setAttribute("y1", 0);
      line.setAttribute("y2", svg.viewBox.baseVal.height - 20);
      svg.append(line);
    }
    const x = Number(svg.dataset.x) + Number(svg.dataset.width) * (i + .5) / data.bins;
    line.setAttribute("x1", x);
    line.setAttribute("x2", x);
  };

  const show = i => {
    shown = Math.min(Math.max(i, 0), data.bins - 1);
    figures.forEach((figure, n) => {
      figure.querySelectorAll("svg").forEach(svg => cross(svg, shown));
      const at = document.createElement("b");
      at.textContent = time(shown);
      figure.querySelector(".readout").replaceChildren(at, ...values(data.series[n], shown).flatMap(text => [" ", span(text)]));
    });
  };

  const hide = () => {
    shown = -1;
    document.querySelectorAll(".cross").forEach(line => line.remove());
    document.querySelectorAll(".readout").forEach(p => p.replaceChildren());
  };

  const point = (chart, event) => {
    const svg = [...chart.querySelectorAll("svg")].find(s => s.getBoundingClientRect().width > 0);
    const box = svg.getBoundingClientRect(), view = svg.viewBox.baseVal.width;
    const x = (event.clientX - box.left) * view / box.width - Number(svg.dataset.x);
    show(Math.floor(x / Number(svg.dataset.width) * data.bins));
  };

  const key = event => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -60, PageDown: 60 }[event.key];
    if (step) show((shown < 0 ? -1 : shown) + step);
    else if (event.key === "Home") show(0);
    else if (event.key === "End") show(data.bins - 1);
    else if (event.key === "Escape") hide();
    else return;
    event.preventDefault();
  };

  figures.forEach(figure => {
    const chart = figure.querySelector(".chart"), readout = figure.querySelector(".readout");
    readout.hidden = false;
    chart.tabIndex = 0;
    chart.addEventListener("pointermove", event => point(chart, event));
    chart.addEventListener("pointerdown", event => point(chart, event));
    chart.addEventListener("pointerleave", event => event.pointerType === "mouse" && hide());
    chart.addEventListener("keydown", key);
    chart.addEventListener("focus", () => readout.setAttribute("aria-live", "polite"));
    chart.addEventListener("blur", () => readout.removeAttribute("aria-live"));
  });
  document.querySelectorAll(".scripted").forEach(e => { e.hidden = false; });

  document.querySelectorAll(".command").forEach(p => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.setAttribute("aria-label", "Copy the command");
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(p.querySelector("code").textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(p.querySelector("code"));
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    p.append(button);
  });
})();
