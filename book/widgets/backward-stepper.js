// @ts-check
/**
 * A live figure: the windows of a small layer send their gradients back, one after the other.
 * Plain ES module with one custom element, no dependency. `backward` is what tests can compare with PyTorch.
 */

/**
 * What the first `sent` windows give to the padded input and to the weights.
 * @param {number[]} x
 * @param {number[]} w
 * @param {{stride: number, padding: number, dilation: number}} options
 * @param {number} sent
 */
export function backward(x, w, { stride, padding, dilation }, sent = Infinity) {
  const zeros = Array(padding).fill(0);
  const padded = [...zeros, ...x, ...zeros];
  const count = Math.max(0, Math.floor((padded.length - dilation * (w.length - 1) - 1) / stride) + 1);
  const dout = Array.from({ length: count }, (_, i) => 10 ** i);
  const dx = padded.map(() => 0);
  const dw = w.map(() => 0);
  dout.slice(0, sent).forEach((g, i) => w.forEach((weight, u) => {
    dx[i * stride + u * dilation] += g * weight;
    dw[u] += g * padded[i * stride + u * dilation];
  }));
  return { padded, dout, dx, dw };
}

const X = [1, 2, 4, 3];
const W = [3, 2];
const CHOICES = { stride: [1, 2], padding: [0, 1], dilation: [1, 2] };

const STYLE = `
:host { display: block; font-size: 0.95rem }
.controls { display: flex; flex-wrap: wrap; gap: 0.5rem 1.25rem; align-items: center; margin-bottom: 0.75rem }
label { display: inline-flex; gap: 0.4rem; align-items: center }
select, input { font: inherit; color: inherit; accent-color: #0072b2; min-height: 1.75rem }
select { background: var(--pst-color-background); border: 1px solid var(--pst-color-text-muted); border-radius: 4px }
.line { display: flex; gap: 2px; align-items: center; margin-bottom: 0.35rem }
.name { width: 2.4rem; flex: none }
.cell { flex: 0 1 2.9rem; min-width: 0; height: 1.75rem; display: grid; place-items: center; box-sizing: border-box; font-size: 0.8rem;
  border: 1px solid var(--pst-color-text-muted); border-radius: 2px; font-variant-numeric: tabular-nums }
.zero { border-style: dotted }
.now { background: #0072b2; color: #fff; border: 2px solid var(--pst-color-text-base) }
.sum { min-height: 4.6em; margin: 0.75rem 0 0 }
:focus-visible { outline: 2px solid var(--pst-color-accent, #0072b2); outline-offset: 2px }
@media print { .controls { display: none } }
`;

class BackwardStepper extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    const root = this.attachShadow({ mode: "open" });
    const select = (/** @type {[string, number[]]} */ [name, values]) =>
      `<label>${name} <select name="${name}">${values.map((v) => `<option>${v}</option>`).join("")}</select></label>`;
    root.innerHTML = `<style>${STYLE}</style>
      <div class="controls">${Object.entries(CHOICES).map(select).join("")}
      <label>window <input type="range" name="step" min="0" value="0"></label></div>
      <div class="lines" aria-hidden="true"></div><p class="sum" aria-live="polite"></p>`;
    root.addEventListener("input", () => this.draw());
    this.draw();
  }

  draw() {
    const root = /** @type {ShadowRoot} */ (this.shadowRoot);
    const field = (/** @type {string} */ name) =>
      /** @type {HTMLInputElement} */ (root.querySelector(`[name=${name}]`));
    const [stride, padding, dilation] = ["stride", "padding", "dilation"].map((name) => Number(field(name).value));
    const options = { stride, padding, dilation };
    const last = backward(X, W, options).dout.length - 1;
    field("step").max = String(last);
    const step = Math.min(Number(field("step").value), last);
    const { padded, dout, dx, dw } = backward(X, W, options, step + 1);
    const taps = W.map((_, u) => step * stride + u * dilation);
    const border = (/** @type {number} */ i) => (Math.min(i, padded.length - 1 - i) < padding ? "zero" : "");
    const line = (/** @type {string} */ name, /** @type {number[]} */ numbers, /** @type {(i: number) => string} */ mark) =>
      `<div class="line"><span class="name">${name}</span>${numbers.map((n, i) =>
        `<span class="cell ${mark(i)}">${n}</span>`).join("")}</div>`;
    const tap = (/** @type {number} */ i) => `${border(i)} ${taps.includes(i) ? "now" : ""}`;
    /** @type {Element} */ (root.querySelector(".lines")).innerHTML =
      line("x", padded, tap) + line("w", W, () => "") + line("dout", dout, (i) => (i === step ? "now" : "")) +
      line("dx", dx, tap) + line("dw", dw, () => "");
    const g = dout[step];
    const thrown = padding ? " The dotted ends of dx belong to the padding and are cut off." : "";
    /** @type {Element} */ (root.querySelector(".sum")).textContent =
      `Window ${step} holds ${taps.map((p) => padded[p]).join(" and ")}. It adds ${W.map((weight, u) =>
        `${g}·${weight} to place ${taps[u]}`).join(" and ")} of dx, and ${taps.map((p, u) =>
        `${g}·${padded[p]} to dw${u}`).join(" and ")}.${step === last ? ` All windows have sent: dx and dw are done.${thrown}` : ""}`;
  }
}

customElements.define("backward-stepper", BackwardStepper);
