import { isSame, type StoredMark } from "./stored";

/** What two devices of one reader have made of what both knew (`base`): additions of both, a removal
 * by either unless the other has changed that mark meanwhile; of two changes mine. */
export function merge(base: readonly StoredMark[], mine: readonly StoredMark[], theirs: readonly StoredMark[]): StoredMark[] {
  const [known, here, there] = [byUid(base), byUid(mine), byUid(theirs)];
  const merged: StoredMark[] = [];
  for (const uid of new Set([...there.keys(), ...here.keys()])) {
    const kept = choose(known.get(uid), here.get(uid), there.get(uid));
    if (kept) merged.push(kept);
  }
  return merged;
}

function choose(base: StoredMark | undefined, mine: StoredMark | undefined, theirs: StoredMark | undefined): StoredMark | undefined {
  if (!base) return mine ?? theirs;
  const isMineChanged = mine !== undefined && !isSame(mine, base);
  const isTheirsChanged = theirs !== undefined && !isSame(theirs, base);
  if (isMineChanged) return mine;
  if (isTheirsChanged) return theirs;
  return mine && theirs; // removed by one, untouched by the other: removed
}

export function isSameSet(a: readonly StoredMark[], b: readonly StoredMark[]): boolean {
  if (a.length !== b.length) return false;
  const known = byUid(a);
  return b.every((mark) => {
    const other = known.get(mark.uid);
    return other !== undefined && isSame(other, mark);
  });
}

const byUid = (marks: readonly StoredMark[]): Map<string, StoredMark> => new Map(marks.map((mark) => [mark.uid, mark]));
