/** Pictures and rewards over HTTP, compatible with OpenAI's API. */
@NullMarked
package org.diffusionnft.serve;

import org.jspecify.annotations.NullMarked;
