/* Adds “内容检查” beside “保存” on the editing page, and shows what the check found: a list at the top, and a note at
   every field concerned. Without this script the page's menu leads to the page of the check, which lists the same. */
(() => {
  "use strict";

  const form = document.querySelector("[data-edit-form]");
  const path = /^(.*\/)pages\/(\d+)\/edit\/$/.exec(window.location.pathname);
  if (!form || !path) return;
  const address = `${path[1]}screening/page/${path[2]}`;
  const PATIENCE = 5000; /* milliseconds that the editor may take to build the body's fields */

  const field = (anchor) => {
    if (!anchor) return null;
    const names = [anchor, `id_${anchor}`];
    for (const name of names) {
      const found = document.getElementById(name);
      if (found) return found;
    }
    return form.elements.namedItem(anchor) || form.querySelector(`[name="${CSS.escape(anchor)}"]`);
  };

  /* What of a field the reader sees: its wrapper, for the field itself may be hidden (rich text, tables, choosers). */
  const wrapper = (element) =>
    element.closest(".w-field") || element.closest("[data-contentpath]") || element.closest(".w-panel__content") || element.parentElement;

  const make = (name, className, text) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (text) element.textContent = text;
    return element;
  };

  const withMark = (element, excerpt) => {
    excerpt.split(/(【.*?】)/).forEach((part) => {
      const hit = /^【(.*)】$/.exec(part);
      element.append(hit ? make("mark", "", hit[1]) : part);
    });
  };

  const go = (anchor) => {
    const target = field(anchor);
    if (!target) return false;
    const place = wrapper(target);
    const panel = place.closest("[hidden], .w-panel--collapsed");
    if (panel) panel.removeAttribute("hidden");
    place.scrollIntoView({ block: "center" });
    const focusable = place.querySelector("input:not([type=hidden]), textarea:not([hidden]), [contenteditable=true], select, button");
    if (focusable) focusable.focus({ preventScroll: true });
    return true;
  };

  const clear = () => document.querySelectorAll(".check-list, .check-note").forEach((element) => element.remove());

  const note = (finding) => {
    const target = field(finding.anchor);
    if (!target) return;
    const element = make("div", `check-note check-note--${finding.level}`);
    element.append(make("strong", "", finding.label), `　${finding.place}：${finding.message}`);
    if (finding.excerpt) {
      element.append(document.createElement("br"));
      withMark(element, finding.excerpt);
    }
    wrapper(target).append(element);
  };

  const show = (data, isAsked) => {
    clear();
    if (!data.is_examined && !isAsked) return;
    const open = data.findings.filter((finding) => !finding.reason);
    if (!isAsked && !open.length) return;
    const worst = ["blocks", "justify", "advice"].find((level) => open.some((finding) => finding.level === level)) || "passed";
    const list = make("section", `check-list check-list--${worst}`);
    list.setAttribute("role", "status");
    const close = make("button", "check-list__close", "×");
    close.type = "button";
    close.setAttribute("aria-label", "关闭检查结果");
    close.addEventListener("click", clear);
    list.append(close, make("h2", "", `内容检查：${data.summary}`));
    if (open.length) {
      const items = make("ul");
      open.forEach((finding) => {
        const item = make("li");
        const place = make(finding.anchor ? "a" : "strong", "", finding.place);
        if (finding.anchor) {
          place.href = `#${finding.anchor}`;
          place.addEventListener("click", (event) => {
            if (go(finding.anchor)) event.preventDefault();
          });
        }
        item.append(`${finding.label}　`, place, `：${finding.message}`);
        items.append(item);
        note(finding);
      });
      list.append(items);
    }
    form.before(list);
    if (isAsked) list.scrollIntoView({ block: "nearest" });
  };

  const say = (sentence) => show({ is_examined: true, summary: sentence, findings: [] }, true);

  /* Wait until the fields stand: the editor builds the body's fields after the page has loaded. */
  const fieldsStand = (anchors) =>
    new Promise((resolve) => {
      const started = Date.now();
      const look = () => {
        if (anchors.every(field) || Date.now() - started > PATIENCE) resolve();
        else window.setTimeout(look, 100);
      };
      look();
    });

  const load = async (url, options, isAsked) => {
    try {
      const response = await fetch(url, { headers: { Accept: "application/json", ...options.headers }, method: options.method });
      if (response.status === 404) return false;
      const data = await response.json();
      if (!response.ok) throw new Error(data.error_message);
      await fieldsStand(data.findings.map((finding) => finding.anchor).filter(Boolean));
      show(data, isAsked);
    } catch (error) {
      if (isAsked) say(/[\u4e00-\u9fff]/.test(error.message) ? error.message : "没有查成，请检查网络后再试。");
    }
    return true;
  };

  const addButton = () => {
    const place = form.querySelector("footer nav");
    if (!place) return;
    const button = make("button", "button check-button", "内容检查");
    button.type = "button";
    button.title = "检查已保存的内容";
    button.addEventListener("click", async () => {
      button.disabled = true;
      const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
      await load(`${address}/examine/`, { method: "POST", headers: { "X-CSRFToken": token } }, true);
      button.disabled = false;
    });
    place.append(button);
  };

  const start = async () => {
    if (!(await load(`${address}.json`, { method: "GET" }, false))) return;
    addButton();
    const anchor = decodeURIComponent(window.location.hash.slice(1));
    if (!anchor || document.getElementById(anchor)?.matches("[role=tabpanel]")) return;
    await fieldsStand([anchor]);
    go(anchor);
  };
  if (document.readyState === "complete") start();
  else window.addEventListener("load", start);
})();
