// Suggestions while typing, as a combobox. Without this script the form works all the same.
(() => {
  const field = document.querySelector("input[data-suggestions]");
  if (!field || !window.fetch) return;
  const WAIT = 150; // milliseconds after the last key
  const list = document.createElement("ul");
  list.id = "suggestions";
  list.className = "suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", field.placeholder);
  list.hidden = true;
  field.after(list);
  for (const [name, value] of Object.entries({
    role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id,
  })) field.setAttribute(name, value);

  let typed = field.value;
  let current = -1;
  let timer = 0;
  let running = null;
  let composing = false;

  const options = () => [...list.children];

  const close = () => {
    list.hidden = true;
    current = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };

  const choose = (option) => {
    close();
    if (option.dataset.address) {
      window.location.assign(option.dataset.address);
    } else {
      field.value = option.textContent;
      field.form.submit();
    }
  };

  const select = (number) => {
    const all = options();
    current = (number + all.length + 1) % (all.length + 1); // one place beyond the last: what was typed
    all.forEach((option, index) => option.setAttribute("aria-selected", String(index === current)));
    if (current < all.length) {
      field.value = all[current].textContent;
      field.setAttribute("aria-activedescendant", all[current].id);
    } else {
      current = -1;
      field.value = typed;
      field.removeAttribute("aria-activedescendant");
    }
  };

  const show = (suggestions) => {
    list.replaceChildren(...suggestions.map((one, index) => {
      const option = document.createElement("li");
      option.id = `suggestion-${index}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.textContent = one.text;
      if (one.address) option.dataset.address = one.address;
      option.addEventListener("mousedown", (event) => {
        event.preventDefault(); // the field keeps the focus
        choose(option);
      });
      return option;
    }));
    current = -1;
    field.removeAttribute("aria-activedescendant");
    list.hidden = suggestions.length === 0;
    field.setAttribute("aria-expanded", String(!list.hidden));
  };

  const ask = async () => {
    running?.abort();
    const text = field.value.trim();
    if (!text) {
      close();
      return;
    }
    running = new AbortController();
    const everywhere = field.form.querySelector('input[name="scope"]:checked')?.value || "";
    const query = new URLSearchParams({ q: text, scope: everywhere });
    try {
      const answer = await fetch(`${field.dataset.suggestions}?${query}`, { signal: running.signal });
      const { suggestions } = await answer.json();
      if (document.activeElement === field) show(suggestions);
    } catch {
      close(); // no suggestions is no harm
    }
  };

  const later = () => {
    typed = field.value;
    clearTimeout(timer);
    if (!composing) timer = setTimeout(ask, WAIT);
  };

  field.addEventListener("input", later);
  field.addEventListener("compositionstart", () => { composing = true; });
  field.addEventListener("compositionend", () => { composing = false; later(); });
  field.addEventListener("blur", () => { clearTimeout(timer); running?.abort(); close(); });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" && list.hidden) {
      ask();
    } else if (list.hidden) {
      return;
    } else if (event.key === "ArrowDown") {
      select(current + 1);
    } else if (event.key === "ArrowUp") {
      select(current === -1 ? options().length - 1 : current - 1);
    } else if (event.key === "Enter" && current >= 0) {
      choose(options()[current]);
    } else if (event.key === "Escape") {
      field.value = typed;
      close();
    } else {
      return;
    }
    event.preventDefault();
  });
})();
