/**
 * Gives each shown row a slot, and a row that scrolls in the slot of one that scrolled out. With
 * slots as keys the elements of a row are used again, which costs a fraction of making new ones.
 */
export class RowSlots {
  readonly #slots = new Map<number, number>();
  readonly #free: number[] = [];
  #made = 0;

  /**
   * @param indexes the rows shown now
   * @returns slot by index; a row that stays keeps its slot
   */
  assign(indexes: readonly number[]): ReadonlyMap<number, number> {
    const shown = new Set(indexes);
    for (const [index, slot] of this.#slots) {
      if (shown.has(index)) continue;
      this.#slots.delete(index);
      this.#free.push(slot);
    }
    for (const index of indexes) {
      if (!this.#slots.has(index)) this.#slots.set(index, this.#free.pop() ?? this.#made++);
    }
    return new Map(this.#slots);
  }
}
