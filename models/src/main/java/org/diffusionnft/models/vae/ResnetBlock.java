package org.diffusionnft.models.vae;

import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.Parameters;
import org.jspecify.annotations.Nullable;

/**
 * Two convolutions with a residual connection.
 *
 * @param shortcut if the number of channels changes; else null
 */
record ResnetBlock(Norm norm1, Conv conv1, Norm norm2, Conv conv2, @Nullable Conv shortcut)
    implements Stage {

  static ResnetBlock of(VaeConfig config, Parameters parameters, String name) {
    boolean changes = parameters.find(name + ".conv_shortcut.weight") != null;
    return new ResnetBlock(
        Norm.of(config, parameters, name + ".norm1"),
        Conv.of(parameters, name + ".conv1"),
        Norm.of(config, parameters, name + ".norm2"),
        Conv.of(parameters, name + ".conv2"),
        changes ? Conv.of(parameters, name + ".conv_shortcut") : null);
  }

  @Override
  public Variable apply(Variable x) {
    Variable y = Stage.then(norm1.activated(x), conv1::apply);
    Variable z = Stage.then(Stage.then(y, norm2::activated), conv2::apply);
    if (shortcut == null) {
      return Stage.then(z, x::add);
    }
    Variable through = Stage.passing(x, shortcut::apply);
    return Stage.then(through, in -> Stage.then(z, in::add));
  }
}
