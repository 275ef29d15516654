package org.diffusionnft.verify;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.weights.checkpoint.MmditConfigFile;
import org.diffusionnft.weights.io.InvalidFileException;

/** Common parts of cases with a transformer. */
final class TransformerInputs {
  private TransformerInputs() {}

  /** The transformer's dimensions. */
  static MmditConfig config(CaseFolder folder) throws InvalidFileException {
    CaseConfig config = folder.config().get("model_config");
    if (config.node() instanceof ObjectNode object) {
      return MmditConfigFile.parse(config.file(), object);
    }
    throw new InvalidFileException(config.file(), "needs an object under 'model_config'");
  }

  /** One of a forward pass's inputs. */
  static Variable leaf(Map<String, Variable> leaves, String name) {
    Variable leaf = leaves.get(name);
    if (leaf == null) {
      throw new InvalidInputException("no input " + name);
    }
    return leaf;
  }

  static MmditConfig withSampleSize(MmditConfig c, int sampleSize) {
    return new MmditConfig(
        sampleSize,
        c.patchSize(),
        c.inChannels(),
        c.numLayers(),
        c.attentionHeadDim(),
        c.numAttentionHeads(),
        c.jointAttentionDim(),
        c.captionProjectionDim(),
        c.pooledProjectionDim(),
        c.outChannels(),
        c.posEmbedMaxSize(),
        c.dualAttentionLayers(),
        c.qkNorm());
  }
}
