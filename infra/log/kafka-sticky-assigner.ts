/**
 * Shares a topic's partitions among a group's members: each within one of the others, and as many as that allows
 * staying where they are, since moving one means loading its state elsewhere. kafkajs has only round robin.
 */
import { AssignerProtocol, type GroupMember, type PartitionAssigner } from 'kafkajs';

const NAME = 'busyhour-sticky';
const VERSION = 0;

export interface Claim {
  readonly memberId: string;
  /** The partitions it had until now. */
  readonly partitions: readonly number[];
}

/** The same for the same claims in any order: sorted partitions by member. */
export const assignSticky = (
  claims: readonly Claim[],
  partitions: readonly number[],
): ReadonlyMap<string, readonly number[]> => {
  const least = Math.floor(partitions.length / claims.length);
  let larger = partitions.length % claims.length;
  const free = new Set(partitions);
  const shares = new Map<string, number[]>();
  // Those with most first: they give away least when they are the ones with one more.
  for (const { memberId, partitions: claimed } of bySize(claims)) {
    const held = [...new Set(claimed)].filter((partition) => free.has(partition)).sort((a, b) => a - b);
    const kept = held.slice(0, held.length > least && larger > 0 ? least + 1 : least);
    if (kept.length > least) larger -= 1;
    for (const partition of kept) free.delete(partition);
    shares.set(memberId, kept);
  }
  const left = [...free].sort((a, b) => a - b);
  const sorted = [...shares].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [, share] of sorted) share.push(...left.splice(0, Math.max(0, least - share.length)));
  for (const [, share] of sorted) {
    if (share.length === least) share.push(...left.splice(0, 1));
  }
  return new Map(sorted.map(([memberId, share]) => [memberId, share.sort((a, b) => a - b)]));
};

const bySize = (claims: readonly Claim[]): readonly Claim[] =>
  claims.toSorted((a, b) => b.partitions.length - a.partitions.length || (a.memberId < b.memberId ? -1 : 1));

/** `held` is asked at every join for what the member has had until now. */
export const stickyAssigner =
  (held: () => readonly number[]): PartitionAssigner =>
  ({ cluster }) => ({
    name: NAME,
    version: VERSION,
    protocol: ({ topics }) => ({
      name: NAME,
      metadata: AssignerProtocol.MemberMetadata.encode({
        version: VERSION,
        topics,
        userData: Buffer.from(JSON.stringify(held())),
      }),
    }),
    assign: async ({ members, topics }) => {
      const [topic = ''] = topics;
      const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
      const shares = assignSticky(members.map(claimOf), partitions);
      return [...shares].map(([memberId, share]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: VERSION,
          assignment: share.length > 0 ? { [topic]: [...share] } : {},
          userData: Buffer.alloc(0),
        }),
      }));
    },
  });

const claimOf = ({ memberId, memberMetadata }: GroupMember): Claim => {
  const userData = AssignerProtocol.MemberMetadata.decode(memberMetadata)?.userData;
  const claimed: unknown = userData?.length ? JSON.parse(userData.toString()) : [];
  const partitions = Array.isArray(claimed) ? claimed.filter((each) => Number.isInteger(each)) : [];
  return { memberId, partitions };
};
