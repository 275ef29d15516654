/** Training runs on Apache Spark: a crew whose processes are executors. */
@NullMarked
package org.diffusionnft.spark;

import org.jspecify.annotations.NullMarked;
