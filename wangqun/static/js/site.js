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

  // Live parts: pieces of HTML from this very site, put in place after the page stands. One that does not come leaves no gap;
  // one below the fold is asked for when the reader gets near it. Nothing is sent that tells who reads.
  const bring = async (place) => {
    try {
      const answer = await fetch(place.dataset.live, { credentials: "omit", cache: "no-store", redirect: "error" });
      if (answer.ok) place.innerHTML = await answer.text();
    } catch {
      // no connection, or no server behind the files: the page is whole as it is
    }
  };
  const near = new IntersectionObserver((seen) => {
    seen.filter((entry) => entry.isIntersecting).forEach((entry) => {
      near.unobserve(entry.target);
      bring(entry.target);
    });
  }, { rootMargin: "400px" });
  window.addEventListener("load", () => {
    document.querySelectorAll("[data-live]").forEach((place) => {
      if (place.getClientRects().length) near.observe(place);
      else bring(place); // takes no space before it is filled
    });
  });

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
