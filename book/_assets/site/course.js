// Formulas that do not fit their column scroll; give the keyboard a way into those.
const scrollable = () => {
  for (const formula of document.querySelectorAll("div.math")) {
    if (formula.scrollWidth > formula.clientWidth) formula.setAttribute("tabindex", "0");
    else formula.removeAttribute("tabindex");
  }
};
document.addEventListener("DOMContentLoaded", scrollable);
window.addEventListener("resize", scrollable);
document.fonts.ready.then(scrollable);
