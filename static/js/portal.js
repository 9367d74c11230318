// Comforts only: every page works without. All listeners stand on the document, so a swap needs no set-up again.
(() => {
  const BUSY = "data-busy";
  const byId = (id) => document.getElementById(id);

  /* data-copy="id" copies the text of that element and says so. */
  function say(text) {
    const region = byId("said");
    region.textContent = "";
    setTimeout(() => { region.textContent = text; }, 50);
  }

  function copyBySelection(source) {
    const range = document.createRange();
    range.selectNodeContents(source);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    return document.execCommand("copy");
  }

  async function copy(button) {
    const source = byId(button.dataset.copy);
    if (!source) return;
    const { copied, notCopied } = byId("said").dataset;
    const isCopied = navigator.clipboard
      ? await navigator.clipboard.writeText(source.textContent.trim()).then(() => true, () => copyBySelection(source))
      : copyBySelection(source);
    say(isCopied ? copied : notCopied);
    if (isCopied) showFor(button, copied);
  }

  function showFor(button, text) {
    const label = [...button.childNodes].findLast((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!label || label.data === text) return;
    const before = label.data;
    label.data = text;
    setTimeout(() => { label.data = before; }, 2000);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
    closeMenus(event.target);
  });

  /* Menus close on a click elsewhere and on Escape. */
  function closeMenus(except) {
    const open = [...document.querySelectorAll("details.menu[open]")].filter((menu) => !menu.contains(except));
    open.forEach((menu) => { menu.open = false; });
    return open;
  }

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const inside = document.activeElement;
    inside.closest?.("form")?.querySelector("[data-escape]")?.click();
    document.querySelector("#flash[data-over]")?.replaceChildren();
    closeMenus(null).filter((menu) => menu.contains(inside)).forEach((menu) => menu.querySelector("summary").focus());
  });

  /* A second press while the first is under way does nothing. The button keeps the focus, so it is not disabled. */
  function setBusy(form, isBusy) {
    form.toggleAttribute(BUSY, isBusy);
    form.querySelectorAll("button").forEach((button) => {
      if (isBusy) button.setAttribute("aria-disabled", "true");
      else button.removeAttribute("aria-disabled");
    });
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.hasAttribute(BUSY) || event.submitter?.hasAttribute("data-return")) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    setBusy(form, true);
    if (!(window.htmx && form.hasAttribute("hx-post"))) setTimeout(() => setBusy(form, false), 10000);
  }, true);

  addEventListener("pageshow", () => document.querySelectorAll(`form[${BUSY}]`).forEach((form) => setBusy(form, false)));
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt.closest?.("form");
    if (form) setBusy(form, false);
  });

  /* After a swap htmx puts the focus where something is to be typed; elsewhere it goes to what took the place of the
     element that had it: the same link or button, or else the whole region. */
  let focused = null;

  const nameOf = (element) => `${element.tagName} ${element.name ?? ""} ${element.textContent.trim()}`;
  const placeOf = (element) => element.getAttribute("href") ?? element.closest("form")?.getAttribute("action") ?? null;

  function remember(region) {
    const element = document.activeElement;
    if (!region?.contains(element)) return void (focused = null);
    const form = element.closest("form")?.getAttribute("action") ?? null;
    focused = { region: region.id, name: nameOf(element), place: placeOf(element), form };
  }

  /* The same one; else one of the same name; else what opens the form that was saved or left. */
  function takesItsPlace(fresh) {
    const all = [...fresh.querySelectorAll("a[href], button")];
    const named = all.filter((each) => nameOf(each) === focused.name);
    const opener = focused.form && all.find((each) => each.getAttribute("href") === focused.form);
    return named.find((each) => placeOf(each) === focused.place) ?? opener ?? named[0];
  }

  function restore(fresh) {
    if (!focused || !fresh || document.activeElement !== document.body) return;
    holdFocus(fresh.querySelector("[autofocus]") ?? takesItsPlace(fresh) ?? fresh);
  }

  /* What replaces a region is newer than a poll of it that is still under way, and looks again by itself. */
  function abortPolls(region) {
    const links = [region, ...region.querySelectorAll("a")].filter((element) => element.matches("[hx-trigger^=load]"));
    links.forEach((link) => window.htmx.trigger(link, "htmx:abort"));
  }

  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    abortPolls(event.detail.target);
    if (event.detail.target.contains(document.activeElement)) remember(event.detail.target);
  });
  document.addEventListener("htmx:oobAfterSwap", () => restore(focused && byId(focused.region)));

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target } = event.detail;
    abortPolls(target);
    remember(target);
    if (xhr.status < 500 || xhr.getResponseHeader("HX-Retarget")) return;
    event.detail.shouldSwap = false; // not from the portal, but from something before it
    unanswered(event);
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    const fresh = event.target;
    const { target } = event.detail;
    if (fresh !== target && fresh.id !== target?.id) return; // swapped out of band, elsewhere on the page
    restore(fresh);
    if (!isPoll(event) && fresh.tagName === "ARTICLE" && fresh.getBoundingClientRect().top < 0) byId("main").scrollIntoView();
  });

  /* The title of each page begins with its heading: what was renamed in place is renamed in the tab. */
  const heading = () => document.querySelector("h1")?.textContent.trim() ?? "";
  let headed = heading();

  document.addEventListener("htmx:afterSettle", () => {
    const fresh = heading();
    if (fresh && headed && document.title.startsWith(headed)) document.title = fresh + document.title.slice(headed.length);
    headed = fresh;
  });

  /* What a search found is in sight, on a small screen too; the box stays above it. */
  document.addEventListener("htmx:afterSettle", (event) => {
    if (!event.detail.requestConfig?.elt.matches("form.search, .filters form, #list .chips a")) return;
    const list = byId("list");
    const found = list?.querySelector("table, .empty");
    if (!found || found.getBoundingClientRect().top < innerHeight * 0.6) return;
    list.scrollIntoView();
    if (found.getBoundingClientRect().top > innerHeight * 0.6) found.scrollIntoView();
  });

  /* The list as it was filtered in this tab is where the path of an asset's page leads back to. Signing in forgets it. */
  const LIST = "list";

  function keptList() {
    try {
      return sessionStorage.getItem(LIST) ?? "";
    } catch {
      return "";
    }
  }

  function keepList() {
    const { pathname, search } = location;
    try {
      if (document.querySelector("main.middle form[action='/sign-in']")) sessionStorage.removeItem(LIST);
      if (byId("list")?.querySelector(`form.search[action="${pathname}/searches"]`)) sessionStorage.setItem(LIST, pathname + search);
    } catch { /* the browser keeps nothing: the path leads to the whole list */ }
  }

  function leadBack() {
    keepList();
    const [path, query] = keptList().split("?");
    document.querySelectorAll(query ? `.crumbs a[href="${path}"]` : "#none").forEach((link) => {
      link.href = `${path}?${query}`;
      link.textContent = link.closest(".crumbs").dataset.filtered.replace("{}", link.textContent);
    });
  }

  addEventListener("pageshow", leadBack);
  document.addEventListener("htmx:afterSettle", leadBack);
  document.addEventListener("htmx:pushedIntoHistory", keepList);

  /* A tick that moved along with its row still counts: browsers do not count again by themselves. */
  function countAgain() {
    document.querySelectorAll(".bulk__count").forEach((count) => count.replaceWith(count.cloneNode(true)));
  }

  document.addEventListener("htmx:afterSettle", countAgain);
  document.addEventListener("htmx:oobAfterSwap", countAgain);

  function holdFocus(element) {
    if (!element.hasAttribute("tabindex")) element.setAttribute("tabindex", "-1");
    element.focus({ preventScroll: true });
  }

  /* Beside a list a sentence floats, so that no row moves away under the mouse. A click or Escape takes it away. */
  function float() {
    const flash = byId("flash");
    flash?.toggleAttribute("data-over", flash.hasChildNodes() && byId("list") !== null);
  }

  document.addEventListener("htmx:oobAfterSwap", float);
  document.addEventListener("htmx:afterSettle", float);
  document.addEventListener("click", (event) => {
    const flash = event.target.closest("#flash[data-over]");
    if (flash && !event.target.closest("a, button, input, label")) flash.replaceChildren();
  });

  /* What a person typed and did not send is not lost by leaving the page unasked. Sending or cancelling it is no loss. */
  const typedIn = new Set();
  let left = null;

  const isOther = (field) => field.matches("[type=checkbox], [type=radio]") ? field.checked !== field.defaultChecked
    : field.matches("select") ? [...field.options].some((option) => option.selected !== option.defaultSelected)
    : field.value !== field.defaultValue;

  function isUnsent(form) {
    if (!form.isConnected || form === left) return false;
    return form.querySelector("[aria-invalid=true]") !== null
      || [...form.querySelectorAll("input:not([type=hidden], [type=password], [type=search]), select, textarea")]
        .some(isOther);
  }

  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!event.isTrusted || !form?.contains(event.target) || form.method !== "post") return;
    if (form.matches("[role=search]") || form.querySelector("[type=password]")) return;
    typedIn.add(form);
    left = null;
  });
  document.addEventListener("submit", (event) => { left = event.target; });
  document.addEventListener("click", (event) => {
    const form = event.target.closest?.("a[href]")?.closest("form");
    if (form) left = form;
  });
  addEventListener("beforeunload", (event) => {
    if ([...typedIn].some(isUnsent)) event.preventDefault();
  });

  /* Signed in again in the middle of an edit: the forms of the page get a token of the new session. */
  document.addEventListener("portal:csrf", (event) => {
    document.querySelectorAll("input[name=csrf_token]").forEach((input) => { input.value = event.detail.token; });
  });

  /* No answer is not "no": say so, and let a page that looks by itself go on looking. */
  const isPoll = (event) => "X-Poll" in (event.detail.requestConfig?.headers ?? {});

  function showInFlash(id) {
    byId("flash")?.replaceChildren(byId(id).content.cloneNode(true));
  }

  function unanswered(event) {
    if (!isPoll(event)) return showInFlash("unanswered");
    const { elt } = event.detail.requestConfig;
    if (!byId("flash")?.hasChildNodes()) showInFlash("unanswered-poll");
    setTimeout(() => lookAgain(elt), 10000);
  }

  // A copy begins with the waiting time that it was rendered with.
  function lookAgain(elt) {
    if (!elt.isConnected) return;
    if (elt.contains(document.activeElement)) return setTimeout(() => lookAgain(elt), 10000);
    const copy = elt.cloneNode(true);
    elt.replaceWith(copy);
    window.htmx.process(copy);
  }

  document.addEventListener("htmx:sendError", unanswered);
  document.addEventListener("htmx:timeout", unanswered);
  document.addEventListener("htmx:afterOnLoad", (event) => {
    const isAnswered = isPoll(event) && event.detail.xhr.status < 400;
    if (isAnswered && byId("flash")?.querySelector("[data-passing]")) byId("flash").replaceChildren();
  });
})();
