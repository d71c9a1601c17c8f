/** In which order the tracks stand, after what the user chose. */

import type { TrackInfo } from "../../src/protocol/panel";

export interface TrackGroup {
  readonly name: string;
  readonly tracks: readonly TrackInfo[];
}

/** Tracks by group. Tracks that the user put in order stand in that order; the others stand where the host has them. */
export function arrangeTracks(tracks: readonly TrackInfo[], order: readonly string[]): TrackGroup[] {
  const place = new Map(order.map((id, k) => [id, k]));
  const groups = new Map<string, TrackInfo[]>();
  for (const track of tracks) {
    const group = groups.get(track.group);
    if (group === undefined) groups.set(track.group, [track]);
    else group.push(track);
  }
  return [...groups].map(([name, members]) => {
    const chosen = members.filter((track) => place.has(track.id));
    chosen.sort((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0));
    let next = 0;
    return { name, tracks: members.map((track) => (place.has(track.id) ? (chosen[next++] ?? track) : track)) };
  });
}

/** The order after a track was moved to the place of another one of its group. */
export function moveTrack(tracks: readonly TrackInfo[], order: readonly string[], id: string, to: string): string[] {
  const ids = arrangeTracks(tracks, order).flatMap((group) => group.tracks.map((track) => track.id));
  const group = (trackId: string) => tracks.find((track) => track.id === trackId)?.group;
  const [from, target] = [ids.indexOf(id), ids.indexOf(to)];
  if (from < 0 || target < 0 || group(id) !== group(to)) return [...order];
  ids.splice(from, 1);
  ids.splice(target, 0, id);
  return ids;
}
