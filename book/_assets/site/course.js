// What does not fit its column scrolls; give the keyboard a way into it. The theme does so for code and tables
// when a page loads or changes its width, but not for formulas and drawings, and not for what is folded then.
const OURS = "div.math, figure.drawing .docutils.container";
const SCROLLERS = `${OURS}, pre, .cell_output > .output, .pst-scrollable-table-container`;
const scrollable = () => {
  const boxes = [...document.querySelectorAll(SCROLLERS)];
  const wide = boxes.map((box) => box.scrollWidth > box.clientWidth); // all before a change: the page is laid out once
  for (const [index, box] of boxes.entries()) {
    if (wide[index]) box.setAttribute("tabindex", "0");
    else if (box.matches(OURS)) box.removeAttribute("tabindex");
  }
};
document.addEventListener("toggle", scrollable, true);
window.addEventListener("resize", scrollable);
document.fonts.ready.then(scrollable);
