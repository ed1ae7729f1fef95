/** How many tiles go on a TV's page, and how large. Pure. */

/** A tile's least size in its own type size; wallboard.css draws it for this. */
export const TILE_EM = { width: 26, height: 22 } as const;
/**
 * The smallest type size of a tile, of the screen's height. A tile's key figures are 2.6 to 3.8 times as large: 5 to 8 %
 * of the screen, 4 to 6 cm on a 55-inch one, which is read from ten metres.
 */
const LEAST_EM_OF_HEIGHT = 0.02;
const MOST_A_SIDE = 8;

export interface Screen {
  readonly width: number;
  readonly height: number;
}
export interface TileLayout {
  readonly columns: number;
  readonly rows: number;
  readonly pages: number;
  /** Type size of a tile in CSS pixels. */
  readonly fontPx: number;
}

interface Shape {
  readonly columns: number;
  readonly rows: number;
}

const fontOf = ({ width, height }: Screen, { columns, rows }: Shape): number =>
  Math.min(width / columns / TILE_EM.width, height / rows / TILE_EM.height);

const shapes: readonly Shape[] = Array.from({ length: MOST_A_SIDE ** 2 }, (_, index) => ({
  columns: (index % MOST_A_SIDE) + 1,
  rows: Math.floor(index / MOST_A_SIDE) + 1,
}));

const roomOf = ({ columns, rows }: Shape): number => columns * rows;

/** All tiles as large as they can be if they stay legible; else as many to a page as do. */
const chooseShape = (area: Screen, screenHeight: number, count: number): Shape => {
  const byFont = shapes.toSorted((a, b) => fontOf(area, b) - fontOf(area, a) || roomOf(a) - roomOf(b));
  const legible = byFont.filter((shape) => fontOf(area, shape) >= screenHeight * LEAST_EM_OF_HEIGHT);
  const all = legible.find((shape) => roomOf(shape) >= count);
  if (all !== undefined) return all;
  const most = legible.toSorted((a, b) => roomOf(b) - roomOf(a))[0];
  // On a screen too small for even one tile, one it is.
  return most ?? { columns: 1, rows: 1 };
};

/** `area` is what is left for tiles of a screen `screenHeight` high; `fixed` is the reader's own wish. */
export const layTiles = (
  area: Screen,
  screenHeight: number,
  count: number,
  fixed: Shape | null,
): TileLayout => {
  const shape = fixed ?? chooseShape(area, screenHeight, count);
  return {
    ...shape,
    pages: Math.max(1, Math.ceil(count / roomOf(shape))),
    fontPx: Math.max(1, Math.floor(fontOf(area, shape) * 10) / 10),
  };
};

/** A tile at a desk: type no smaller than reads well there, no larger than a wall's. */
const DESK = { leastPx: 12.5, mostOfHeight: 0.024, tileWidthEm: 29, tileHeightEm: 20 } as const;
/** What tiles may take of the screen's height before the page scrolls: header and curve want some too. */
const DESK_SHARE = 0.66;

/** Every tile on one page: as large as fits the screen, else as many side by side as stay legible. */
export const layGrid = (width: number, screenHeight: number, count: number): TileLayout => {
  const { leastPx, mostOfHeight, tileWidthEm, tileHeightEm } = DESK;
  const most = Math.max(1, Math.floor(width / (TILE_EM.width * leastPx * 1.08)));
  const wide = (columns: number): number =>
    Math.min(
      Math.max(leastPx, screenHeight * mostOfHeight),
      Math.max(leastPx, width / columns / tileWidthEm),
    );
  const layouts = Array.from({ length: most }, (_, index) => {
    const rows = Math.max(1, Math.ceil(count / (index + 1)));
    // No row nearly empty: six tiles are three and three, not four and two.
    const columns = Math.max(1, Math.ceil(count / rows));
    const fontPx = Math.min(wide(columns), (screenHeight * DESK_SHARE) / rows / tileHeightEm);
    return { columns, rows, pages: 1, fontPx: Math.floor(fontPx * 10) / 10 };
  });
  const best = layouts.reduce((a, b) => (b.fontPx > a.fontPx ? b : a));
  if (best.fontPx >= leastPx) return best;
  const columns = Math.min(most, Math.max(1, count));
  const fontPx = Math.floor(wide(columns) * 10) / 10;
  return { columns, rows: Math.ceil(count / columns), pages: 1, fontPx };
};
