/* Shows on the editing page what the content check found: a list at the top, and a note at every field concerned.
   Without this script the button “内容检查” opens the page of the check, which lists the same. */
(() => {
  "use strict";

  const button = document.querySelector("[data-findings][data-examine]");
  const form = document.querySelector("[data-edit-form]");
  if (!button || !form) return;

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

  const load = async (address, options, isAsked) => {
    try {
      const response = await fetch(address, { headers: { Accept: "application/json", ...options.headers }, method: options.method });
      const data = await response.json();
      if (!response.ok) throw new Error(data.error_message);
      show(data, isAsked);
    } catch (error) {
      if (isAsked) say(error.message && /[\u4e00-\u9fff]/.test(error.message) ? error.message : "没有查成，请检查网络后再试。");
    }
  };

  button.addEventListener("click", (event) => {
    event.preventDefault();
    const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
    load(button.dataset.examine, { method: "POST", headers: { "X-CSRFToken": token } }, true);
  });

  const start = async () => {
    await load(button.dataset.findings, { method: "GET" }, false);
    if (window.location.hash.length > 1) go(decodeURIComponent(window.location.hash.slice(1)));
  };
  /* The editor builds the body's fields while it loads; mark them when they stand. */
  if (document.readyState === "complete") start();
  else window.addEventListener("load", start);
})();
