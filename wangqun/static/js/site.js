// Small comforts; every page works without them.
(() => {
  const button = document.querySelector("button.menu");
  const columns = document.getElementById("columns");
  if (button && columns) {
    button.hidden = false;
    columns.classList.add("folds");
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-expanded") !== "true";
      button.setAttribute("aria-expanded", String(open));
      columns.classList.toggle("open", open);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && button.getAttribute("aria-expanded") === "true") {
        button.click();
        button.focus();
      }
    });
  }

  document.querySelectorAll("a.permalink").forEach((link) => {
    link.addEventListener("click", async () => {
      if (!navigator.clipboard) return; // the address bar has it
      try {
        await navigator.clipboard.writeText(link.href);
        const before = link.textContent;
        link.textContent = "已复制";
        setTimeout(() => { link.textContent = before; }, 2000);
      } catch {
        // refused by the reader's browser; the address bar has it
      }
    });
  });
})();
