"""Mathematics on latent points: priors, slerp, blending, mixing, axes. torch only."""
