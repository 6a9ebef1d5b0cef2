"""How the shipped model was made: data, export, quantization, head, evaluation."""
