// j and k lead to the next and the previous difference, as their links do. Nothing is pressed while somebody types.
(() => {
  const TYPED = "input, select, textarea, [contenteditable]";

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.target.closest?.(TYPED)) return;
    const link = event.key === "j" || event.key === "k" ? document.querySelector(`a[href][data-key="${event.key}"]`) : null;
    if (!link) return;
    event.preventDefault();
    link.click();
  });
})();
