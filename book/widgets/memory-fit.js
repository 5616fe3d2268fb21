// @ts-check
/**
 * A live figure: the memory of a training step, for a network, a batch, an optimiser and a number format of one's
 * choice, beside the memory of a card. Plain ES module with one custom element, no dependency.
 */

/** Values that the layers write for one image (the input among them), the input's own, and parameters. */
export const NETWORKS = {
  "AlexNet": [1413347, 154587, 62378344],
  "VGG-16": [15237608, 150528, 138357544],
  "GoogLeNet": [5599000, 150528, 6998552],
  "ResNet-50": [22582248, 150528, 25557032],
  "SqueezeNet": [5050864, 150528, 1248424],
};
const KEPT = { "momentum": 1, "Adam": 2, "plain descent": 0 };
const BYTES = { "float32": 4, "mixed, 16 bits": 2 };
const CARDS = [4, 8, 12, 16, 24, 48, 80];
const GIB = 2 ** 30;

/**
 * Bytes of activations, of their gradients, of parameters with their gradients, and of the optimiser.
 * In mixed precision the last two stay what they are in float32.
 * @param {number[]} network
 * @param {{batch: number, kept: number, bytes: number}} options
 */
export function heaps([values, entrance, parameters], { batch, kept, bytes }) {
  return [batch * values * bytes, batch * (values - entrance) * bytes, 8 * parameters, 4 * kept * parameters];
}

const NAMES = ["activations", "their gradients", "parameters and gradients", "optimiser"];
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"];

const STYLE = `
:host { display: block; font-size: 0.95rem }
.controls { display: flex; flex-wrap: wrap; gap: 0.5rem 1.25rem; align-items: center; margin-bottom: 0.75rem }
label { display: inline-flex; gap: 0.4rem; align-items: center }
select, input { font: inherit; color: inherit; accent-color: #0072b2; min-height: 1.75rem }
select { background: var(--pst-color-background); border: 1px solid var(--pst-color-text-muted); border-radius: 4px }
.bar { position: relative; height: 2.2rem; display: flex; border: 1px solid var(--pst-color-text-muted) }
.bar i { display: block; height: 100%; border-right: 1px solid var(--pst-color-background); box-sizing: border-box }
.card { position: absolute; top: -0.3rem; bottom: -0.3rem; border-left: 3px dashed var(--pst-color-text-base) }
ul { list-style: none; display: flex; flex-wrap: wrap; gap: 0.2rem 1.25rem; margin: 0.6rem 0 0; padding: 0 }
li::before { content: ""; display: inline-block; width: 0.8em; height: 0.8em; margin-right: 0.4em;
  background: var(--colour) }
p { min-height: 3em; margin: 0.6rem 0 0 }
:focus-visible { outline: 2px solid var(--pst-color-accent, #0072b2); outline-offset: 2px }
@media print { .controls { display: none } }
`;

class MemoryFit extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    const root = this.attachShadow({ mode: "open" });
    const select = (/** @type {string} */ name, /** @type {(string | number)[]} */ values, /** @type {string | number} */ chosen) =>
      `<label>${name} <select name="${name}">${values.map((value) =>
        `<option${value === chosen ? " selected" : ""}>${value}</option>`).join("")}</select></label>`;
    root.innerHTML = `<style>${STYLE}</style><div class="controls">
      ${select("network", Object.keys(NETWORKS), "VGG-16")}${select("optimiser", Object.keys(KEPT), "momentum")}
      ${select("numbers", Object.keys(BYTES), "float32")}${select("card (GiB)", CARDS, 8)}
      <label>batch <input type="range" name="batch" min="0" max="10" value="6"></label></div>
      <div class="bar" aria-hidden="true"></div><ul></ul><p aria-live="polite"></p>`;
    root.addEventListener("input", () => this.draw());
    this.draw();
  }

  draw() {
    const root = /** @type {ShadowRoot} */ (this.shadowRoot);
    const chosen = (/** @type {string} */ name) =>
      /** @type {HTMLInputElement} */ (root.querySelector(`[name="${name}"]`)).value;
    const batch = 2 ** Number(chosen("batch"));
    const network = NETWORKS[/** @type {keyof typeof NETWORKS} */ (chosen("network"))];
    const kept = KEPT[/** @type {keyof typeof KEPT} */ (chosen("optimiser"))];
    const bytes = BYTES[/** @type {keyof typeof BYTES} */ (chosen("numbers"))];
    const card = Number(chosen("card (GiB)"));
    const parts = heaps(network, { batch, kept, bytes });
    const total = parts.reduce((sum, part) => sum + part, 0);
    const once = parts[2] + parts[3];
    const largest = Math.max(0, Math.floor((card * GIB - once) / ((total - once) / batch)));
    const scale = 100 / Math.max(total, card * GIB);
    const gib = (/** @type {number} */ size) => (size / GIB).toFixed(2);
    const find = (/** @type {string} */ tag) => /** @type {Element} */ (root.querySelector(tag));
    find(".bar").innerHTML = parts.map((part, i) =>
      `<i style="width:${part * scale}%;background:${COLOURS[i]}"></i>`).join("") +
      `<span class="card" style="left:calc(${card * GIB * scale}% - 3px)"></span>`;
    find("ul").innerHTML = parts.map((part, i) =>
      `<li style="--colour:${COLOURS[i]}">${NAMES[i]} ${gib(part)}</li>`).join("");
    find("p").textContent = `Batch ${batch}: ${gib(total)} GiB, ${total <= card * GIB ? "which fits" : "too much"} ` +
      `(dashed line: ${card} GiB). The largest batch by this count is ${largest.toLocaleString("en")}.`;
  }
}

customElements.define("memory-fit", MemoryFit);
