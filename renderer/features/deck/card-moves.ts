interface Place {
  left: number;
  top: number;
}

/**
 * Which card an arrow key leads to, by where the cards stand on the screen.
 * @returns its index; null where the key is no move or there is nothing in that direction
 */
export function cardAt(places: readonly Place[], from: number, key: string): number | null {
  const here = places[from];
  if (here === undefined) return null;
  const last = places.length - 1;
  switch (key) {
    case 'ArrowRight':
      return from < last ? from + 1 : null;
    case 'ArrowLeft':
      return from > 0 ? from - 1 : null;
    case 'Home':
      return 0;
    case 'End':
      return last;
    case 'ArrowDown':
      return inColumn(places, here, (place) => place.top > here.top, 1);
    case 'ArrowUp':
      return inColumn(places, here, (place) => place.top < here.top, -1);
    default:
      return null;
  }
}

/** The nearest row in the direction, there the card closest to the same column. */
function inColumn(
  places: readonly Place[],
  here: Place,
  beyond: (place: Place) => boolean,
  direction: 1 | -1,
): number | null {
  const candidates = places.map((place, index) => ({ ...place, index })).filter(beyond);
  candidates.sort(
    (a, b) =>
      direction * (a.top - b.top) || Math.abs(a.left - here.left) - Math.abs(b.left - here.left),
  );
  return candidates[0]?.index ?? null;
}
