// Loads the portal's own copy of htmx, once, where the tag of the content delivery network failed or is too slow.
(() => {
  const { vendor } = document.currentScript.dataset;
  const isTag = (node) => node instanceof Element && node.matches("script[data-htmx]");
  let isDone = false;

  function load() {
    if (isDone || window.htmx) return;
    isDone = true;
    // A script that belongs to another document does not run when it arrives after all.
    const tag = document.querySelector("script[data-htmx]");
    if (tag) document.implementation.createHTMLDocument("").adoptNode(tag);
    const own = document.createElement("script");
    own.src = vendor;
    document.head.append(own);
  }

  addEventListener("error", (event) => isTag(event.target) && load(), true);
  setTimeout(load, 2000);
})();
