"use strict";
(() => {
  const { frames, boxes, arrows } = JSON.parse(document.getElementById("steps").textContent);
  const find = (id) => document.getElementById(id);
  const make = (tag, kind, text) => {
    const element = document.createElement(tag);
    element.className = kind;
    element.textContent = text;
    return element;
  };
  const last = frames.length - 1;
  const slider = find("slider");
  const picture = find("picture");
  let now = 0;
  let timer = null;

  // The gradients after a step: what the last frame until then says of each box.
  const looks = (k) => {
    const found = {};
    for (const frame of frames.slice(0, k + 1)) Object.assign(found, frame.changes);
    return found;
  };

  const stateOf = (name, look, frame) => {
    const state = [look ? look.state : "pending"];
    if (frame.active === name) state.push("active");
    if (frame.gets.includes(name)) state.push("gets");
    return state;
  };

  const paint = (box, look, states) => {
    const element = find(`box-${box.name}`);
    const fills = look ? look.fills : box.pending;
    element.setAttribute("class", ["node", box.kind, ...states].join(" "));
    element.classList.toggle("alarm", fills.includes(box.alarm));
    element.querySelectorAll(".frame").forEach((shape) => {
      const stops = document.querySelectorAll(`#fill-${box.name} stop`);
      stops.forEach((stop, i) => stop.setAttribute("stop-color", fills[i]));
      if (!stops.length) shape.setAttribute("fill", fills[0]);
    });
    // The rows of a box stand in the document from top to bottom.
    element.querySelectorAll(".gradient").forEach((text, i) => {
      text.textContent = look ? look.texts[i] : "—";
    });
    const gradient = look ? `gradient ${look.texts.join(", ")}` : "no gradient yet";
    element.setAttribute("aria-label", `${box.title}, ${gradient}, ${states.join(", ")}`);
  };

  // Keep the right end of a gradient where it is for the longest one, which the picture comes with.
  // What is not visible has no width: a notebook may show the page later.
  const texts = [...document.querySelectorAll(".gradient")];
  const unaligned = texts.map((text) => [text, text.textContent]);
  const align = () => {
    while (unaligned.length) {
      const [text, longest] = unaligned[0];
      const shown = text.textContent;
      text.textContent = longest;
      const width = text.getComputedTextLength();
      text.textContent = shown;
      if (!width) return;
      text.setAttribute("x", Number(text.getAttribute("x")) + width);
      text.setAttribute("text-anchor", "end");
      unaligned.shift();
    }
  };

  const tell = (frame) => {
    const panel = find("panel");
    panel.replaceChildren(make("h2", "", frame.title));
    for (const kind of ["equation", "row", "given"]) {
      if (frame[kind]) panel.append(make("p", kind, frame[kind]));
    }
    if (!frame.parts.length) return;
    const list = document.createElement("ol");
    for (const part of frame.parts) {
      const item = make("li", part.again ? "again" : "", "");
      item.append(make("code", "", part.slope), make("code", "", part.formula));
      item.append(make("code", "total", part.total));
      if (part.again) item.append(make("span", "tag", "not its first share: it is added"));
      list.append(item);
    }
    panel.append(list);
    if (frame.more) panel.append(make("p", "row", frame.more));
  };

  const scrollTo = (name) => {
    const element = name && find(`box-${name}`);
    if (!element || !picture) return;
    const box = element.getBoundingClientRect();
    const view = picture.getBoundingClientRect();
    const inside = box.left >= view.left && box.right <= view.right &&
      box.top >= view.top && box.bottom <= view.bottom;
    if (inside) return;
    picture.scrollLeft += (box.left + box.right - view.left - view.right) / 2;
    picture.scrollTop += (box.top + box.bottom - view.top - view.bottom) / 2;
  };

  const show = (k) => {
    now = Math.max(0, Math.min(last, k));
    const frame = frames[now];
    const found = looks(now);
    if (picture) {
      align();
      for (const box of boxes) paint(box, found[box.of], stateOf(box.of, found[box.of], frame));
      arrows.forEach(([tail, head], i) => {
        const flows = frame.active === head && frame.gets.includes(tail);
        find(`arrow-${i}`).classList.toggle("flows", flows);
      });
      scrollTo(frame.active || frame.gets[0]);
    }
    tell(frame);
    slider.value = now;
    slider.setAttribute("aria-valuetext", `${now} of ${last}: ${frame.title}`);
    find("place").textContent = `${now} of ${last}`;
    for (const id of ["first", "back"]) find(id).disabled = now === 0;
    for (const id of ["next", "last"]) find(id).disabled = now === last;
    document.querySelectorAll("tr[data-frame]").forEach((row) => {
      row.classList.toggle("now", Number(row.dataset.frame) === now);
    });
  };

  const stop = () => {
    clearInterval(timer);
    timer = null;
    find("play").textContent = "Play";
  };

  const play = () => {
    if (timer) { stop(); return; }
    show(now === last ? 0 : now + 1);
    find("play").textContent = "Pause";
    timer = setInterval(() => {
      show(now + 1);
      if (now === last) stop();
    }, 1600);
  };

  const go = (k) => { stop(); show(k); };

  // Where a box hands out its gradient; a leaf does not, so where it gets its last share.
  const frameOf = (name) => {
    const active = frames.findIndex((frame) => frame.active === name);
    if (active >= 0) return active;
    const gets = frames.map((frame) => frame.gets.includes(name)).lastIndexOf(true);
    return gets >= 0 ? gets : last;
  };

  find("first").addEventListener("click", () => go(0));
  find("back").addEventListener("click", () => go(now - 1));
  find("next").addEventListener("click", () => go(now + 1));
  find("last").addEventListener("click", () => go(last));
  find("play").addEventListener("click", play);
  slider.max = last;
  slider.addEventListener("input", () => go(Number(slider.value)));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target === slider) return;
    const keys = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: last };
    if (!(event.key in keys)) return;
    event.preventDefault();
    go(keys[event.key]);
  });
  for (const row of document.querySelectorAll("tr[data-frame]")) {
    row.addEventListener("click", () => go(Number(row.dataset.frame)));
  }
  for (const box of picture ? boxes : []) {
    const element = find(`box-${box.name}`);
    element.setAttribute("tabindex", "0");
    element.setAttribute("role", "button");
    element.addEventListener("click", () => go(frameOf(box.of)));
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      go(frameOf(box.of));
    });
  }
  const asked = () => {
    const match = /^#(?:step=)?(\d+)$/.exec(location.hash);
    return match ? Number(match[1]) : 0;
  };
  addEventListener("resize", align);
  addEventListener("hashchange", () => go(asked()));
  show(asked());
})();
