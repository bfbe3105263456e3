/** How finely a stored level measures, and how long one chunk of it is. */
export interface Level {
  level: number;
  stepS: number;
  points: number;
}

/** Minutes in chunks of five; what a killed program loses is at most one of these. */
export const MINUTES: Level = { level: 1, stepS: 60, points: 5 };
/** Quarters of an hour in chunks of six hours. */
export const QUARTERS: Level = { level: 2, stepS: 900, points: 24 };

export const spanS = ({ stepS, points }: Level): number => stepS * points;

/** The start of the chunk a moment falls into, seconds since 1970. */
export function chunkStart(level: Level, atS: number): number {
  return Math.floor(atS / spanS(level)) * spanS(level);
}

/** The values of one chunk by series id; NaN is a gap. */
export type ChunkValues = Map<number, Float32Array>;

/**
 * Bytes of a chunk, little-endian: count of series (u32), count of points (u32), the series' ids
 * (u32 each), then for each series its points (f32). Series without any value are left out.
 */
export function encodeChunk({ points }: Level, values: ChunkValues): Buffer {
  const kept = [...values].filter(([, row]) => row.some((value) => !Number.isNaN(value)));
  const body = Buffer.alloc(8 + kept.length * 4 * (1 + points));
  body.writeUInt32LE(kept.length, 0);
  body.writeUInt32LE(points, 4);
  for (const [index, [id, row]] of kept.entries()) {
    body.writeUInt32LE(id, 8 + index * 4);
    const at = 8 + kept.length * 4 + index * points * 4;
    for (let point = 0; point < points; point += 1) {
      body.writeFloatLE(row[point] ?? Number.NaN, at + point * 4);
    }
  }
  return body;
}

/** Reads the wanted series; one that is not in the chunk is not in the answer. */
export function decodeChunk(body: Buffer, wanted: (id: number) => boolean): ChunkValues {
  const values: ChunkValues = new Map();
  if (body.length < 8) return values;
  const count = body.readUInt32LE(0);
  const points = body.readUInt32LE(4);
  // a length that does not fit its own header is no chunk of this program
  if (body.length !== 8 + count * 4 * (1 + points)) return values;
  for (let index = 0; index < count; index += 1) {
    const id = body.readUInt32LE(8 + index * 4);
    if (!wanted(id)) continue;
    const at = 8 + count * 4 + index * points * 4;
    values.set(
      id,
      Float32Array.from({ length: points }, (_, point) => body.readFloatLE(at + point * 4)),
    );
  }
  return values;
}
