// Loads the portal's own copy of htmx, once, where the tag of the content delivery network failed or is too slow.
(() => {
  const { vendor } = document.currentScript.dataset;
  const isHtmx = (node) => node instanceof Element && node.matches("script[data-htmx]");
  let isParsed = false;
  let isDone = false;

  function load() {
    if (isDone || window.htmx) return;
    isDone = true;
    // A script that belongs to another document does not run when it arrives after all.
    const tag = document.querySelector("script[data-htmx]");
    if (tag) document.implementation.createHTMLDocument("").adoptNode(tag);
    const own = document.createElement("script");
    own.src = vendor;
    own.dataset.htmx = "";
    document.head.append(own);
  }

  // htmx begins at DOMContentLoaded, or at once if the page is complete. Arriving in between it would wait for ever.
  function begin() {
    if (isParsed && document.readyState !== "complete") document.dispatchEvent(new Event("DOMContentLoaded"));
  }

  document.addEventListener("DOMContentLoaded", () => { isParsed = true; }, { once: true });
  document.addEventListener("load", (event) => isHtmx(event.target) && begin(), true);
  document.addEventListener("error", (event) => isHtmx(event.target) && load(), true);
  setTimeout(load, 2000);
})();
