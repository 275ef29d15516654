package org.diffusionnft.weights.onnx;

import java.nio.file.Path;
import java.util.Map;

/**
 * A model as it lies in its file.
 *
 * @param file where it is from
 * @param opsets the version of each domain's operators; the empty name is ONNX's own domain
 * @param graph what it computes
 */
public record OnnxModel(Path file, Map<String, Long> opsets, OnnxGraph graph) {}
