// A part of a page that is drawn anew only when what it tells has changed: what one reads or types in stays.

export class Part {
  #told = null;

  constructor(element, build) {
    Object.assign(this, { element, build });
  }

  draw(...told) {
    const now = JSON.stringify(told);
    if (now === this.#told) return false;
    this.#told = now;
    const focused = this.element.contains(document.activeElement) ? document.activeElement.id : "";
    this.element.replaceChildren(...this.build(...told).flat().filter(Boolean));
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    return true;
  }
}
