// @ts-check
/**
 * A live figure: a kernel steps over a small image, and the sum behind each output number is written out.
 * Plain ES module with one custom element, no dependency. `correlate` is what the tests compare with PyTorch.
 */

/**
 * Output of one convolution layer with one channel, and the padded image it looked at.
 * @param {number[][]} image
 * @param {number[][]} kernel
 * @param {{stride: number, padding: number, dilation: number}} options
 */
export function correlate(image, kernel, { stride, padding, dilation }) {
  const side = (/** @type {number} */ n) => n + 2 * padding;
  const inside = (/** @type {number} */ i, /** @type {number} */ j) => image[i - padding]?.[j - padding] ?? 0;
  const padded = Array.from({ length: side(image.length) }, (_, i) =>
    Array.from({ length: side(image[0].length) }, (_, j) => inside(i, j)));
  const count = (/** @type {number} */ n, /** @type {number} */ k) =>
    Math.max(0, Math.floor((n - dilation * (k - 1) - 1) / stride) + 1);
  const rows = count(padded.length, kernel.length);
  const columns = count(padded[0].length, kernel[0].length);
  const output = Array.from({ length: columns ? rows : 0 }, (_, i) =>
    Array.from({ length: columns }, (_, j) =>
      kernel.flatMap((line, u) =>
        line.map((weight, v) => weight * padded[i * stride + u * dilation][j * stride + v * dilation]))
        .reduce((sum, product) => sum + product, 0)));
  return { padded, output };
}

const IMAGE = [[2, 0, 1, 1, 3], [1, 3, 0, 2, 1], [0, 2, 1, 4, 0], [3, 1, 0, 2, 2], [1, 0, 2, 1, 0]];
const KERNEL = [[1, 0, -1], [2, 0, -1], [1, 1, 0]];
const CHOICES = { stride: [1, 2, 3], padding: [0, 1, 2], dilation: [1, 2] };

const STYLE = `
:host { display: block; font-size: 0.95rem }
.controls { display: flex; flex-wrap: wrap; gap: 0.5rem 1.25rem; align-items: center; margin-bottom: 0.75rem }
label { display: inline-flex; gap: 0.4rem; align-items: center }
select, input { font: inherit; color: inherit; accent-color: #0072b2; min-height: 1.75rem }
select { background: var(--pst-color-background); border: 1px solid var(--pst-color-text-muted); border-radius: 4px }
.grids { display: flex; flex-wrap: wrap; gap: 1rem 1.5rem; align-items: flex-start }
.name { color: var(--pst-color-text-base); margin: 0 0 0.25rem }
.grid { display: grid; gap: 2px; width: max-content }
.cell { width: 1.75rem; height: 1.75rem; display: grid; place-items: center; box-sizing: border-box;
  border: 1px solid var(--pst-color-text-muted); border-radius: 2px; font-variant-numeric: tabular-nums }
.zero { border-style: dotted }
.tap, .now { background: #0072b2; color: #fff; border: 2px solid var(--pst-color-text-base) }
.sum { min-height: 3.2em; margin: 0.75rem 0 0 }
:focus-visible { outline: 2px solid var(--pst-color-accent, #0072b2); outline-offset: 2px }
@media print { .controls { display: none } }
`;

const minus = (/** @type {number} */ n) => String(n).replace("-", "−");

/** A grid of numbers as text cells; `mark(i, j)` names the class of a cell. */
const grid = (/** @type {(number | string)[][]} */ numbers, /** @type {(i: number, j: number) => string} */ mark) =>
  `<div class="grid" style="grid-template-columns: repeat(${numbers[0]?.length ?? 1}, auto)">${numbers.map((line, i) =>
    line.map((n, j) => `<span class="cell ${mark(i, j)}">${typeof n === "number" ? minus(n) : n}</span>`).join("")).join("")}</div>`;

class ConvStepper extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    const root = this.attachShadow({ mode: "open" });
    const select = (/** @type {[string, number[]]} */ [name, values]) =>
      `<label>${name} <select name="${name}">${values.map((v) => `<option>${v}</option>`).join("")}</select></label>`;
    root.innerHTML = `<style>${STYLE}</style>
      <div class="controls">${Object.entries(CHOICES).map(select).join("")}
      <label>window <input type="range" name="step" min="0" value="0"></label></div>
      <div class="grids" aria-hidden="true"></div><p class="sum" aria-live="polite"></p>`;
    root.addEventListener("input", () => this.draw());
    this.draw();
  }

  draw() {
    const root = /** @type {ShadowRoot} */ (this.shadowRoot);
    const field = (/** @type {string} */ name) =>
      /** @type {HTMLInputElement} */ (root.querySelector(`[name=${name}]`));
    const [stride, padding, dilation] = ["stride", "padding", "dilation"].map((name) => Number(field(name).value));
    const { padded, output } = correlate(IMAGE, KERNEL, { stride, padding, dilation });
    const columns = output[0]?.length ?? 0;
    field("step").max = String(Math.max(0, output.length * columns - 1));
    const step = Number(field("step").value);
    const [row, column] = [Math.floor(step / (columns || 1)), step % (columns || 1)];
    const tap = (/** @type {number} */ i, /** @type {number} */ j) => {
      const [u, v] = [(i - row * stride) / dilation, (j - column * stride) / dilation];
      return columns && Number.isInteger(u) && Number.isInteger(v) && KERNEL[u]?.[v] !== undefined ? "tap" : "";
    };
    const border = (/** @type {number} */ i, /** @type {number} */ j) =>
      Math.min(i, j, padded.length - 1 - i, padded[0].length - 1 - j) < padding ? "zero" : "";
    const shown = output.map((line, i) => line.map((n, j) => (i * columns + j <= step ? n : "")));
    const box = (/** @type {string} */ name, /** @type {string} */ html) => `<div><p class="name">${name}</p>${html}</div>`;
    /** @type {Element} */ (root.querySelector(".grids")).innerHTML =
      box(`input, padding ${padding}`, grid(padded, (i, j) => `${tap(i, j)} ${border(i, j)}`)) +
      box("kernel", grid(KERNEL, () => "")) +
      box(`output ${output.length}×${columns}`, grid(shown, (i, j) => (i === row && j === column ? "now" : "")));
    const terms = KERNEL.flatMap((line, u) => line.map((weight, v) =>
      columns && weight ? `${weight < 0 ? "−" : "+"} ${Math.abs(weight)}·${padded[row * stride + u * dilation][column * stride + v * dilation]}` : ""));
    const sum = terms.filter(Boolean).join(" ").replace(/^\+ /, "");
    /** @type {Element} */ (root.querySelector(".sum")).textContent = columns
      ? `Output row ${row}, column ${column}: ${sum} = ${minus(output[row][column])}`
      : "No window fits: the kernel spans more than the padded image.";
  }
}

customElements.define("conv-stepper", ConvStepper);
