/** What measurements say, and how sure they are. */
@NullMarked
package org.diffusionnft.studies.statistics;

import org.jspecify.annotations.NullMarked;
