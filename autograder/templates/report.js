"use strict";
// Sorting by a click on a column's head, and a search field. Without it the page shows all the same.
const text = (row, column) => row.cells[column].textContent.trim();
const compare = (a, b) => a.localeCompare(b, undefined, { numeric: true, sensitivity: "base" });

for (const table of document.querySelectorAll("table")) {
  const body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const numbers = head.classList.contains("num");
      const first = numbers ? "descending" : "ascending";
      const order = head.ariaSort === first ? (numbers ? "ascending" : "descending") : first;
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.ariaSort = order;
      const sign = order === "ascending" ? 1 : -1;
      const value = (row) => parseFloat(text(row, column)) || 0;
      const by = numbers ? (a, b) => value(a) - value(b) : (a, b) => compare(text(a, column), text(b, column));
      body.append(...[...body.rows].sort((a, b) => sign * by(a, b)));
    });
  });
  const find = table.closest("section").querySelector(".find");
  find.hidden = false;
  find.querySelector("input").addEventListener("input", (event) => {
    const wanted = event.target.value.toLowerCase();
    for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
}
