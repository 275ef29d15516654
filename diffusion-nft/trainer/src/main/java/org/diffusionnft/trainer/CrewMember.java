package org.diffusionnft.trainer;

/**
 * What one process of a crew has done since it was last asked.
 *
 * @param name which it is, and where
 * @param orders done
 * @param busySeconds spent on them
 * @param longestSeconds spent on one of them
 * @param failed orders that it lost, or that had to be done again
 */
public record CrewMember(
    String name, long orders, double busySeconds, double longestSeconds, long failed) {}
