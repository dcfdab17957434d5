// A screenshot has few colours: with a palette of 256 it is a third as large, and nobody sees the difference.
import { Buffer } from "node:buffer";
import { deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const COLOURS = 256;
/** Two colours whose distance, squared, is no larger look the same. */
const SAME = 50;

/** The same picture with a palette. Takes 8-bit RGB and RGBA without gaps, as browsers write them; what is transparent becomes opaque. */
export function withPalette(png) {
  const { width, height, channels, data } = decoded(png);
  const counts = new Map();
  const pixels = new Uint32Array(width * height);
  for (let i = 0; i < pixels.length; i += 1) {
    const at = i * channels;
    const colour = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
    pixels[i] = colour;
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const palette = chosen([...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([colour]) => colour));
  const places = new Map(palette.map((colour, place) => [colour, place]));
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const colour = pixels[y * width + x];
      if (!places.has(colour)) places.set(colour, nearest(palette, colour));
      rows[y * (width + 1) + 1 + x] = places.get(colour);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const colours = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  return Buffer.concat([SIGNATURE, chunk("IHDR", header), chunk("PLTE", colours), chunk("IDAT", deflateSync(rows, { level: 9 })), chunk("IEND", Buffer.alloc(0))]);
}

/** The most frequent ones first, and of those that look the same only one. */
function chosen(colours) {
  const palette = [];
  for (const colour of colours) {
    if (palette.length === COLOURS) break;
    if (palette.every((other) => distance(colour, other) > SAME)) palette.push(colour);
  }
  return palette;
}

function nearest(palette, colour) {
  return palette.reduce((best, other, place) => (distance(colour, other) < distance(colour, palette[best]) ? place : best), 0);
}

/** The square of how far two colours are from each other. */
function distance(one, other) {
  return [16, 8, 0].reduce((sum, shift) => sum + (((one >> shift) & 255) - ((other >> shift) & 255)) ** 2, 0);
}

/** The pixels, row by row; each row is told by its difference from its neighbours. */
function decoded(png) {
  let at = SIGNATURE.length;
  let header;
  const parts = [];
  while (at < png.length) {
    const length = png.readUInt32BE(at);
    const type = png.toString("latin1", at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + length);
    if (type === "IHDR") header = body;
    if (type === "IDAT") parts.push(body);
    at += 12 + length;
  }
  const [width, height, depth, kind, interlaced] = [header.readUInt32BE(0), header.readUInt32BE(4), header[8], header[9], header[12]];
  const channels = { 2: 3, 6: 4 }[kind];
  if (depth !== 8 || channels === undefined || interlaced !== 0) throw new Error("not a picture as browsers write it");
  const raw = inflateSync(Buffer.concat(parts));
  const wide = width * channels;
  const data = Buffer.alloc(wide * height);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (wide + 1)];
    for (let x = 0; x < wide; x += 1) {
      const left = x < channels ? 0 : data[y * wide + x - channels];
      const up = y === 0 ? 0 : data[(y - 1) * wide + x];
      const corner = x < channels || y === 0 ? 0 : data[(y - 1) * wide + x - channels];
      data[y * wide + x] = raw[y * (wide + 1) + 1 + x] + [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
    }
  }
  return { width, height, channels, data };
}

function paeth(left, up, corner) {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

function chunk(type, body) {
  const named = Buffer.concat([Buffer.from(type, "latin1"), body]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length);
  sum.writeUInt32BE(crc(named));
  return Buffer.concat([length, named, sum]);
}

function crc(bytes) {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}
